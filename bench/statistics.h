/* SPDX-License-Identifier: MIT */
/* Times, and what many of them come to. */
#ifndef PRSHM_BENCH_STATISTICS_H
#define PRSHM_BENCH_STATISTICS_H

#include <stddef.h>

double now_us(void); /* CLOCK_MONOTONIC, microseconds */

/* The smallest value that so large a share (0 to 1) of the values does not exceed; sorts them. */
double quantile(double *values, size_t count, double share);

#endif
