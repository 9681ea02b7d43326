/* SPDX-License-Identifier: MIT */
/*
 * What came out: a table for people, JSON for programs, and tables for plots; each expectation
 * beside its result.
 */
#ifndef PRSHM_BENCH_REPORT_H
#define PRSHM_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/measure.h"
#include "bench/section.h"

/* All operations, or some: those without rounds are not in it. */
struct pass {
	int server_cpu;
	bool wanted[OPERATION_COUNT];
	unsigned int rounds[OPERATION_COUNT];
	struct measurement *measured[OPERATION_COUNT]; /* each an array, as competitors[] */
};

enum { PASS_TOGETHER, PASS_APART, PASS_COUNT }; /* all on one CPU; the servers on another */

struct results {
	int cpu;
	int other_cpu; /* -1: there is none, and no PASS_APART */
	struct schedule schedule;
	double load_before; /* of the last minute, before the run */
	struct pass passes[PASS_COUNT];
	struct section sections[SECTION_COUNT]; /* without a key: not asked for */
};

struct machine {
	char processor[128];
	char kernel[136];
	long cpus;
	bool is_instrumented; /* built with a sanitizer: the numbers mean nothing */
};

void report_machine(struct machine *machine);

/* What the others are held against. */
const char *report_base(enum operation operation);

/* Returns the count of missed expectations. What is missing cannot meet any. */
unsigned int report_table(const struct results *results);

/* What is expected on the operation's scale, or 0: that is of all on one CPU. */
double report_expected(enum operation operation, size_t pass, const struct competitor *competitor);

/* False: the file cannot be written; it says so. In json.c. */
bool report_json(const struct results *results, unsigned int missed, const char *path);

/* Files of tables for plot.gp, in this directory. False: as above. In plot.c. */
bool report_tables(const struct results *results, const char *directory);

#endif
