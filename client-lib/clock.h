/* SPDX-License-Identifier: MIT */
/* The time for deadlines. */
#ifndef PRSHM_CLIENT_CLOCK_H
#define PRSHM_CLIENT_CLOCK_H

#include <time.h>

/*
 * Seconds of CLOCK_MONOTONIC. Each request may ask, so the coarse clock: no system call, whole
 * ticks.
 */
static inline time_t clock_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec;
}

#endif
