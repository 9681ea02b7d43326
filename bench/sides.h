/* SPDX-License-Identifier: MIT */
/*
 * Two that differ in one thing, measured in turns: a round runs a batch of each, and what slows a
 * round down slows down both.
 */
#ifndef PRSHM_BENCH_SIDES_H
#define PRSHM_BENCH_SIDES_H

#include <stdbool.h>

struct side {
	/*
	 * Fills in the microseconds of so many runs, and what the round came to, of which less is
	 * better. False: a run went wrong.
	 */
	bool (*run)(void *data, double *times, unsigned int count, double *figure);
	void *data;
	double figure; /* out: the median round's */
	double p999;   /* out: of all runs of all rounds */
};

/* How many times the first one's figure the second's is: the median of the rounds' own; 0: it went
 * wrong. */
double sides_measure(struct side sides[2], unsigned int rounds, unsigned int batch);

#endif
