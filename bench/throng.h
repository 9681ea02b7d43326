/* SPDX-License-Identifier: MIT */
/*
 * Many honest clients at once: each a process of its own that waits for a round, does the same as
 * all others so many times, and waits for the next one.
 */
#ifndef PRSHM_BENCH_THRONG_H
#define PRSHM_BENCH_THRONG_H

#include <stdbool.h>
#include <sys/types.h>

#define THRONG_MAX 64

struct throng {
	pid_t pids[THRONG_MAX];
	unsigned int count;
	unsigned int runs;  /* of each client in a round */
	unsigned int round; /* how many there were */
	int go[2][2];       /* pipes: a byte for each client. Two, in turns, so that no one takes */
	int done[2];        /* another's; and a pipe for those who are done with a round */
	double *times;      /* owned, shared with them: microseconds, client after client */
};

/* act: what the client of that number does in a run; false: it cannot. */
bool throng_start(struct throng *throng, unsigned int count, unsigned int runs,
	bool (*act)(void *data, unsigned int number), void *data);
/* One round; returns the microseconds it took all of them, or 0: it went wrong. */
double throng_run(struct throng *throng);
void throng_stop(struct throng *throng); /* takes one of zeros, too */

#endif
