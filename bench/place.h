/* SPDX-License-Identifier: MIT */
/* Where a run takes place: a directory of its own, and one CPU, or two. */
#ifndef PRSHM_BENCH_PLACE_H
#define PRSHM_BENCH_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_BYTES ((size_t)64 * 1024)

struct place {
	char directory[40]; /* on a tmpfs if there is one */
	char existing[64];  /* the name of a segment that is opened: a path in the directory */
	char created[64];   /* the name of one that is made; as long as the other */
	int cpu;            /* that we run on */
	int server_cpu;     /* that the competitors' servers run on: the same, or the other one */
	int other_cpu;      /* that we may run on as well, or -1: there is none */
	const char *client_library;
	const char *daemon_program;
	const char *other_library; /* of another build, to be compared; or NULL */
	const char *other_daemon;
};

/* Chooses the CPUs that are -1. False: it has told why. */
bool place_choose_cpus(struct place *place);

/* False: it has told why. Fills in the first three. */
bool place_init(struct place *place);
void place_deinit(const struct place *place);

/*
 * Binds this process, and the children that inherit that, to this CPU; -1: to the last that we may
 * run on. Returns the CPU, or -1 with errno.
 */
int place_pin(int cpu);

/* Of the last minute. */
double place_load(void);

#endif
