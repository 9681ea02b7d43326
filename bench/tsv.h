/* SPDX-License-Identifier: MIT */
/*
 * What came out, on standard output, for bench/report: a record a line, its fields apart by tabs,
 *the first field its kind. A record is written when it is known, by whichever process knows it.
 *
 *	machine    PROCESSOR KERNEL CPUS LOAD INSTRUMENTED CPU OTHER_CPU
 *	operation  KEY TEXT SCALE BASE APART CPU SERVER_CPU ROUNDS
 *	time       COMPETITOR MISSING MEDIAN P99 P99.9 AGAINST EXPECTED
 *	section    KEY TITLE
 *	line       KEY WHAT UNIT MEASURED BOUND EXPECTED NOTE
 *	missing    WHY
 *	end
 *
 * "time" belongs to the "operation" before it; "line" and "missing" to the "section" before them.
 *An empty field says that there is none. Without "end" the run was cut short.
 */
#ifndef PRSHM_BENCH_TSV_H
#define PRSHM_BENCH_TSV_H

void tsv_begin(const char *kind);
void tsv_text(const char *text);
void tsv_number(double number); /* NAN: none */
void tsv_end(void);

#endif
