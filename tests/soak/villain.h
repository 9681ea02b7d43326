/* SPDX-License-Identifier: MIT */
/* One of the crowd: a process that does a broker harm as well as it can. */
#ifndef PRSHM_SOAK_VILLAIN_H
#define PRSHM_SOAK_VILLAIN_H

#include "tests/soak/crowd.h"

#define VILLAIN_HANDLES 300000U /* of all of them: more than a broker grants */

struct villain {
	enum abuse abuse;
	const char *socket;
	unsigned int connections;
	unsigned int hold_at_most; /* handles */
	unsigned int number;       /* among the others */
};

/*
 * A byte to ready_fd once it has connected and taken what it wants; it begins at the end of go_fd,
 * so that no one of them keeps the others out. Returns only if it cannot go on.
 */
void villain_run(const struct villain *villain, int ready_fd, int go_fd);

#endif
