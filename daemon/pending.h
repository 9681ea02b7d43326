/* SPDX-License-Identifier: MIT */
/*
 * A message that could not be sent, and waits. It has descriptors of its own, because the segment
 * may be removed meanwhile: the client may close the handle in its ring. Then the number of the
 * segment's descriptor may belong to another file.
 */
#ifndef PRSHM_DAEMON_PENDING_H
#define PRSHM_DAEMON_PENDING_H

#include <sys/time.h>

#include "wire/wire.h"

struct pending {
	struct wire_message message; /* owns its descriptors */
	int64_t since;               /* clock_milliseconds() when it was made */
	suseconds_t pause;           /* microseconds: the length of the last pause */
};

/* Copies the message, and duplicates its descriptors. NULL: no memory, or no descriptor free. */
struct pending *pending_new(const struct wire_message *message);
struct pending *pending_free(struct pending *pending); /* takes NULL, returns NULL */

/*
 * How long to wait before the next attempt, if poll cannot tell when it may succeed: longer each
 * time. A client that reads gets its reply at the first attempt. A client that does not read must
 * not keep the broker busy.
 */
struct timeval pending_pause(struct pending *pending);

#endif
