/* SPDX-License-Identifier: MIT */
/*
 * Times on a machine that does other things too. Every round runs a batch of each competitor, and
 * begins with another one each time; a ratio is the median of the rounds' own ratios, and so is a
 * difference. What slows a round down slows down both sides of its ratio.
 */
#ifndef PRSHM_BENCH_MEASURE_H
#define PRSHM_BENCH_MEASURE_H

#include <signal.h>
#include <stdbool.h>

#include "bench/competitor.h"

struct schedule {
	unsigned int rounds;  /* of an operation, at most */
	unsigned int batch;   /* runs a round, of what is not slow */
	unsigned int seconds; /* of an operation; when they are over no round begins */
	bool is_quick;        /* whoever wants to know is not patient */
	/* the operations and sections to measure, a comma between two; NULL: all */
	const char *only;
};

bool schedule_wants(const struct schedule *schedule, const char *key);

/*
 * Writes the records of the operation and of each competitor that takes part. False: a run went
 * wrong, or measure_interrupted was set, by a signal handler.
 */
bool measure(enum operation operation, const struct schedule *schedule, const struct place *place);

extern volatile sig_atomic_t measure_interrupted;
extern volatile pid_t measure_child; /* that is measuring now; 0: none */

/*
 * Calls it in a process of its own, which is the only one that still knows, when it is over, where
 * a library that it has loaded found its broker. Returns what it returned.
 */
bool measure_apart(bool (*run)(void *data), void *data);

#endif
