/* SPDX-License-Identifier: MIT */
/*
 * A message that did not go out, and waits for the next chance. It has descriptors of its own: until then a
 * segment may have gone, for its peer may close it in its ring, and the number be another's.
 */
#ifndef PRSHM_DAEMON_PENDING_H
#define PRSHM_DAEMON_PENDING_H

#include <sys/time.h>

#include "wire/wire.h"

struct pending {
	struct wire_message message; /* owns its descriptors */
	suseconds_t pause;           /* microseconds: the last one */
};

/* A copy, and duplicates of its descriptors. NULL: no memory, or no descriptor. */
struct pending *pending_new(const struct wire_message *message);
struct pending *pending_free(struct pending *pending); /* takes NULL, returns NULL */

/*
 * How long to wait where there is nothing to poll for. Longer each time: who reads is served at the first
 * look, and those who do not must not keep us busy.
 */
struct timeval pending_pause(struct pending *pending);

#endif
