/* SPDX-License-Identifier: MIT */
/* What clients write into their rings. */
#ifndef PRSHM_FUZZ_WRITE_RING_H
#define PRSHM_FUZZ_WRITE_RING_H

#include "daemon/core/broker.h"
#include "fuzz/make-request.h"

void write_ring(struct peer *peer, struct input *input); /* NULL, or without a ring: nothing */
size_t count_rings(struct broker *broker);               /* a descriptor each */

#endif
