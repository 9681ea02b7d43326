/* SPDX-License-Identifier: MIT */
/* Where a run takes place: a directory of its own, and one CPU. */
#ifndef PRSHM_BENCH_PLACE_H
#define PRSHM_BENCH_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_BYTES ((size_t)64 * 1024)

struct place {
	char directory[40]; /* on a tmpfs if there is one */
	char existing[64];  /* the name of a segment that is opened: a path in the directory */
	char created[64];   /* the name of one that is made; as long as the other */
	const char *client_library;
	const char *daemon_program;
	const char *other_library; /* of another build, to be compared; or NULL */
	const char *other_daemon;
};

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
