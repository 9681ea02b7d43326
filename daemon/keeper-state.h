/* SPDX-License-Identifier: MIT */
/* What the keeper is doing, as the kernel sees it. */
#ifndef PRSHM_DAEMON_KEEPER_STATE_H
#define PRSHM_DAEMON_KEEPER_STATE_H

#include <stdbool.h>

/*
 * Whether the keeper of that pidfd runs, waits for a processor, or is in the kernel where no signal reaches it.
 * Stopped, asleep, dead, or not to be seen (a pidfd of -1, another user's with hidepid): false.
 */
bool keeper_is_busy(int pidfd);

#endif
