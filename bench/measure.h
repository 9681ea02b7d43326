/* SPDX-License-Identifier: MIT */
/*
 * Times on a machine that does other things too. Every round runs a batch of each competitor, and
 * begins with another one each time; a ratio is the median of the rounds' own ratios, and so is a
 * difference. What slows a
 * round down slows down both sides of its ratio.
 */
#ifndef PRSHM_BENCH_MEASURE_H
#define PRSHM_BENCH_MEASURE_H

#include <signal.h>
#include <stdbool.h>

#include "bench/competitor.h"

struct measurement {
	double median;  /* microseconds: the median round's median */
	double p99;     /* microseconds: of all runs of all rounds */
	double against; /* the base, on the operation's scale; 0: there is no base */
};

struct schedule {
	unsigned int rounds;
	unsigned int batch; /* runs a round, of what is not slow */
};

/* Also stops when interrupted is set by a signal handler; false then, or when a run went wrong. */
bool measure(
	enum operation operation, const struct schedule *schedule, struct measurement results[]);

extern volatile sig_atomic_t measure_interrupted;

#endif
