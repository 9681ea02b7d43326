/* SPDX-License-Identifier: MIT */
/* What came out: a table for people, JSON for programs; each expectation beside its result. */
#ifndef PRSHM_BENCH_REPORT_H
#define PRSHM_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/measure.h"
#include "bench/memory.h"
#include "bench/recovery.h"

struct results {
	int cpu;
	struct schedule schedule;
	double load_before;                              /* of the last minute, before the run */
	struct measurement *operations[OPERATION_COUNT]; /* each an array, as competitors[] */
	bool has_memory;
	struct memory memory;
	bool has_recovery;
	struct recovery recovery;
};

struct machine {
	char processor[128];
	char kernel[136];
	long cpus;
	bool is_instrumented; /* built with a sanitizer: the numbers mean nothing */
};

void report_machine(struct machine *machine);

/* Returns the count of missed expectations. What is missing cannot meet any. */
unsigned int report_table(const struct results *results);

/* False: the file cannot be written; it says so. In json.c. */
bool report_json(const struct results *results, unsigned int missed, const char *path);

#endif
