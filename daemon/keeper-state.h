/* SPDX-License-Identifier: MIT */
/* What the keeper is doing, as the kernel sees it. */
#ifndef PRSHM_DAEMON_KEEPER_STATE_H
#define PRSHM_DAEMON_KEEPER_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* How long a keeper has had no room for a message, in milliseconds of clock_milliseconds(). */
struct keeper_wait {
	int64_t since; /* 0: there was room until now */
	int64_t busy;  /* when the keeper was last seen busy */
};

/*
 * Whether the keeper of that pidfd is to be killed.
 * (1) A keeper that is busy is not stuck before five seconds. One close(2) may take the kernel
 *     longer than one, and a loaded machine may take longer to run the keeper at all. Killing such
 *     a keeper would not help: it dies only when it leaves the kernel, and meanwhile there is no
 *     keeper.
 * (2) A keeper that runs for five seconds and reads nothing is stuck, too.
 */
bool keeper_is_stuck(int pidfd, struct keeper_wait *wait);

#endif
