/* SPDX-License-Identifier: MIT */
/*
 * One of a crowd that hoards: takes handles, bytes, watches or connections until it gets no more,
 * and from then on gives each back and takes it again, as fast as it can.
 */
#ifndef PRSHM_SOAK_HOARDER_H
#define PRSHM_SOAK_HOARDER_H

#include <stdbool.h>

#include "tests/soak/villain.h"

#define HOARDER_THINGS_MAX 4096U

/* Takes all. False: it could not begin. */
bool hoarder_take_all(const struct villain *villain);
_Noreturn void hoarder_go_on(void);

#endif
