/* SPDX-License-Identifier: MIT */
/* The time for deadlines. */
#ifndef PRSHM_CLIENT_CLOCK_H
#define PRSHM_CLIENT_CLOCK_H

#include <time.h>

/*
 * Seconds of CLOCK_MONOTONIC. The coarse clock is precise to a tick only, but needs no system call:
 * this may be called for each request.
 */
static inline time_t clock_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec;
}

#endif
