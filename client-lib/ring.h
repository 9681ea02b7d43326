/* SPDX-License-Identifier: MIT */
/* This side of the ring in which handles are closed; wire/ring.h tells the idea. */
#ifndef PRSHM_CLIENT_RING_H
#define PRSHM_CLIENT_RING_H

#include <stdbool.h>

#include "wire/ring.h"

/* Maps what RING brought, and takes the descriptor. 0 or a negative errno. */
int ring_map(int fd, struct ring_page **out);
void ring_unmap(struct ring_page *page); /* takes NULL */

bool ring_is_full(const struct ring_page *page);
/* For one thread at a time. True: the broker wants to hear of it by CLOSE as well. */
bool ring_put(struct ring_page *page, uint32_t handle);

#endif
