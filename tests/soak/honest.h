/* SPDX-License-Identifier: MIT */
/* An honest client, a user of its own: how long its opens take, and whether anything fails for it.
 */
#ifndef PRSHM_SOAK_HONEST_H
#define PRSHM_SOAK_HONEST_H

#include <stdbool.h>

struct honest {
	const char *socket;
	int fd;
};

struct honest_times {
	unsigned int opens;
	unsigned int failures; /* of opens, and of newcomers, who connect, create, delete and go */
	double mean;           /* microseconds */
	double p50;
	double p99;
	double newcomer; /* the longest that all of that has taken one */
};

/* Connects, and creates its segment. This process has to be root's. */
bool honest_init(struct honest *honest, const char *socket);
void honest_deinit(struct honest *honest);

/*
 * Opens and closes that segment for that many seconds, but once at least, between newcomers; false:
 * out of memory.
 */
bool honest_measure(struct honest *honest, double seconds, struct honest_times *out);

/* The same of newcomers, 2 milliseconds apart, each of whom connects, opens, closes and goes. */
bool honest_measure_newcomers(struct honest *honest, double seconds, struct honest_times *out);

#endif
