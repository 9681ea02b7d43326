/* SPDX-License-Identifier: MIT */
/* Monotonic time: setting the system's clock does not change it. */
#ifndef PRSHM_BASE_CLOCK_H
#define PRSHM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
