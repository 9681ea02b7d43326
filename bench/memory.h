/* SPDX-License-Identifier: MIT */
/*
 * The broker's memory, as the kernel counts it from outside: what an idle one takes, and what each
 * segment and each connection adds to its heap. Not in it: the kernel's own share, a socket or a
 * file of each, which every broker pays alike.
 */
#ifndef PRSHM_BENCH_MEMORY_H
#define PRSHM_BENCH_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/place.h"

#define MEMORY_IDLE_AT_MOST (5.0 * 1024) /* KiB */
#define MEMORY_EACH_AT_MOST 1024.0       /* bytes */

struct memory {
	double idle;      /* KiB resident: */
	double idle_anon; /* its own */
	double idle_file; /* of files, most of it shared with others: program and libraries */
	unsigned int segments;
	double each_segment; /* bytes, the mean of so many segments */
	unsigned int connections;
	double each_connection;
};

/* A line of /proc/PID/status in KiB, or -1. */
double memory_status_kib(pid_t pid, const char *key);

/* False: there is no broker, or it ended. */
bool memory_measure(const struct place *place, struct memory *memory);

#endif
