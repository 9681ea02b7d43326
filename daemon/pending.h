/* SPDX-License-Identifier: MIT */
/*
 * A message that did not go out, and waits for the next chance. It has descriptors of its own, because
 * the segment may go before that: its client may close it through the ring, and then the segment's
 * descriptor number belongs to something else.
 */
#ifndef PRSHM_DAEMON_PENDING_H
#define PRSHM_DAEMON_PENDING_H

#include <sys/time.h>

#include "wire/wire.h"

struct pending {
	struct wire_message message; /* owns its descriptors */
	suseconds_t pause;           /* microseconds: the last one */
};

/* Copies the message, and duplicates its descriptors. NULL: no memory, or no descriptor free. */
struct pending *pending_new(const struct wire_message *message);
struct pending *pending_free(struct pending *pending); /* takes NULL, returns NULL */

/*
 * How long to wait where there is nothing to poll for: longer each time. A client that reads is served at
 * the first attempt; one that does not must not keep the broker busy.
 */
struct timeval pending_pause(struct pending *pending);

#endif
