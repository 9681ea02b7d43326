/* SPDX-License-Identifier: MIT */
/* A message that waits to be sent, with duplicates of the descriptors it is to bring. */
#include "daemon/pending.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/reaper.h"

#define PAUSE_FIRST 5000 /* microseconds */
#define PAUSE_MOST  1000000

struct pending *pending_free(struct pending *pending)
{
	if (!pending)
		return NULL;
	for (size_t i = 0; i < pending->message.fd_count; i++)
		reaper_close(pending->message.fds[i]); /* the segment may have gone meanwhile */
	free(pending);
	return NULL;
}

struct pending *pending_new(const struct wire_message *message)
{
	struct pending *pending = malloc(sizeof(*pending));

	if (!pending)
		return NULL;
	pending->message = *message;
	pending->message.fd_count = 0;
	pending->since = clock_milliseconds();
	pending->pause = 0;
	for (size_t i = 0; i < message->fd_count; i++) {
		const int fd = fcntl(message->fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return pending_free(pending);
		pending->message.fds[pending->message.fd_count++] = fd;
	}
	return pending;
}

struct timeval pending_pause(struct pending *pending)
{
	pending->pause = pending->pause == 0 ? PAUSE_FIRST : 2 * pending->pause;
	if (pending->pause > PAUSE_MOST)
		pending->pause = PAUSE_MOST;
	return (struct timeval){
		.tv_sec = pending->pause / 1000000,
		.tv_usec = pending->pause % 1000000,
	};
}
