/* SPDX-License-Identifier: MIT */
/* What a record of the journal costs: the broker's price for coming back as it was. */
#ifndef PRSHM_BENCH_JOURNAL_COST_H
#define PRSHM_BENCH_JOURNAL_COST_H

/*
 * Nanoseconds for each of three records that are committed at once; 0: no memory. *ratio: to as
 * many bytes that are copied into a new file of memory, with a checksum for each record.
 */
double journal_cost_measure(double *ratio);

#endif
