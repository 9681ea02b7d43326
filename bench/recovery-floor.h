/* SPDX-License-Identifier: MIT */
/* What no broker can come back sooner than. */
#ifndef PRSHM_BENCH_RECOVERY_FLOOR_H
#define PRSHM_BENCH_RECOVERY_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Milliseconds until the program has told its version, and that many descriptors have come and were
 * looked at. 0: it went wrong.
 */
double recovery_floor_measure(const char *program, unsigned int count);

#endif
