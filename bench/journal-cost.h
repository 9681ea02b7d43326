/* SPDX-License-Identifier: MIT */
/* What a record of the journal costs: the broker's price for coming back as it was. */
#ifndef PRSHM_BENCH_JOURNAL_COST_H
#define PRSHM_BENCH_JOURNAL_COST_H

/* Nanoseconds for each of three records that are committed at once; 0: no memory. */
double journal_cost_measure(void);

#endif
