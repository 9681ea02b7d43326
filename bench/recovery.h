/* SPDX-License-Identifier: MIT */
/*
 * What it takes that nothing is lost: how long a broker that was killed is away from clients that
 * it has many of, how much its keeper takes up meanwhile, and what a record of the journal costs.
 */
#ifndef PRSHM_BENCH_RECOVERY_H
#define PRSHM_BENCH_RECOVERY_H

#include <stdbool.h>

#include "bench/place.h"

#define RECOVERY_AT_MOST       150.0         /* milliseconds */
#define KEEPER_AT_MOST         (3.0 * 1024)  /* KiB, and: */
#define KEEPER_EACH_AT_MOST    (64.0 / 1024) /* KiB a descriptor */
#define JOURNAL_RECORD_AT_MOST 200.0         /* nanoseconds */

struct recovery {
	unsigned int segments;
	unsigned int connections; /* that hold them, each some */
	double answered; /* milliseconds from the kill on until each of them has an answer */
	double ready;    /* ... until one who has just come has */
	double keeper;   /* KiB resident */
	unsigned int descriptors; /* that it keeps */
	double record;            /* nanoseconds */
};

/* What is expected of that many descriptors. */
static inline double recovery_keeper_at_most(const struct recovery *recovery)
{
	return KEEPER_AT_MOST + KEEPER_EACH_AT_MOST * recovery->descriptors;
}

/* False: there is no broker, or none came back. */
bool recovery_measure(const struct place *place, struct recovery *recovery);

/* Nanoseconds for each of three records that are committed at once; 0: no memory. In
 * journal-cost.c.
 */
double journal_cost_measure(void);

#endif
