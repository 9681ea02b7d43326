/* SPDX-License-Identifier: MIT */
/*
 * An opener: a process of Alice's, which has handles of the segment NAME. When something has
 * changed, it closes what is open, and opens the name again.
 */
#ifndef PRSHM_TESTS_PARK_OPENER_H
#define PRSHM_TESTS_PARK_OPENER_H

#include <stddef.h>
#include <sys/types.h>

#include "include/nspr.h"

#define NAME  "/park/a"
#define BYTES 4096

/* What the opener has when something changes. */
#define PARKED 1U
#define OPEN   2U
#define STATES 3U

/* What the next open gives. */
struct opener_outcome {
	PRErrorCode error; /* 0: the rest counts */
	int contents;
	int writes;
};

/*
 * Returns when it has them. state: a set of PARKED and OPEN. *socket: to be closed, which ends the
 * process.
 */
pid_t opener_start(unsigned int state, int *socket);
struct opener_outcome opener_go_on(int socket);

/* These fail the test if they fail. */
PRSharedMemory *opener_open(size_t size, PRIntn flags); /* NAME */
char *opener_attach(PRSharedMemory *shm);
void opener_use(PRSharedMemory *shm); /* attaches, and detaches */

#endif
