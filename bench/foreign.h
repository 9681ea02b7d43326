/* SPDX-License-Identifier: MIT */
/*
 * What the servers of others need of us: to be found and started, a socket to listen on, a segment
 * to keep; and their clients, what a descriptor is fetched for.
 */
#ifndef PRSHM_BENCH_FOREIGN_H
#define PRSHM_BENCH_FOREIGN_H

#include <stdbool.h>

#include "bench/warden.h"

struct competitor;

struct foreign_program {
	const char *const *arguments; /* the first is looked for in PATH; the last is NULL */
	int fd;                       /* is given to it, */
	int fd_as;                    /* under this number; stays ours, too */
};

/* Returns once it runs. False: it does not, and the competitor says why. */
bool foreign_start(
	struct competitor *self, struct warden *warden, const struct foreign_program *program);

/* A stream socket, as both kinds of server want it. -1: none, with errno. */
int foreign_listen(const char *path);

/* A memfd of SEGMENT_BYTES, sealed as a segment is. -1: none, with errno. */
int foreign_make_segment(void);

/* Maps it and unmaps it. The descriptor stays open. */
bool foreign_use_segment(int fd);

#endif
