/* SPDX-License-Identifier: MIT */
/* The command line of bench. */
#ifndef PRSHM_BENCH_OPTIONS_H
#define PRSHM_BENCH_OPTIONS_H

#include "bench/measure.h"

struct options {
	struct schedule schedule;
	struct place place; /* of it, the programs and libraries, and the CPUs; -1: any */
};

/* Returns -1 to go on, or the status to exit with: 0 after --help, 2 after what it did not know. */
int options_parse(struct options *options, int argc, char **argv);

#endif
