/* SPDX-License-Identifier: MIT */
/* Times, and what many of them come to. */
#include "bench/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double quantile(double *values, size_t count, double share)
{
	size_t rank = (size_t)ceil(share * (double)count);

	qsort(values, count, sizeof(*values), compare);
	return values[rank > 0 ? rank - 1 : 0];
}
