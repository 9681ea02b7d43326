/* SPDX-License-Identifier: MIT */
/*
 * One connection as its requests see it: a request goes out, its reply comes in, and if the broker
 * is restarted between the two, nobody above notices. A broker that was says RESTARTED and has all
 * it had, but not what it had read and not yet done: it gets that again, with the same serials, and
 * does what it has not done. So any reply may come twice, and the second is nobody's.
 */
#ifndef PRSHM_CLIENT_CHANNEL_H
#define PRSHM_CLIENT_CHANNEL_H

#include "wire/ring.h"
#include "wire/wire.h"

struct channel {
	int fd;          /* borrowed, and blocking with a time-out of: */
	int seconds;     /* to wait for a reply at most, however often the broker is restarted */
	uint32_t serial; /* of the message sent last; the next has the next one */
	struct ring_page *ring; /* where handles are closed; NULL: none was opened yet */
};

struct broker_answer {
	struct wire_reply reply;
	struct wire_message message; /* what the reply borrows from */
	int fd;                      /* owned by whoever takes it; -1: none came */
	uint64_t connection;         /* the number of the connection it came on */
};

void channel_start(struct channel *channel, int fd, int seconds);
void channel_end(struct channel *channel); /* all that it opened is closed with the connection */

/*
 * What a request of this op needs first: who opens must be able to close. Before each channel_call.
 * Outcomes as there, and -ENOMEM.
 */
int channel_prepare(struct channel *channel, uint16_t op);

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno; after that, but for -EMFILE and -ENOMEM, the connection is not to be used again.
 * The caller owns answer->fd only after 0, and closes the handle that came with it. Of OPEN_MANY it
 * owns answer->message, with all descriptors, and the handles.
 */
int channel_call(
	struct channel *channel, struct wire_request *request, struct broker_answer *answer);

/* Only after channel_prepare. 0 or a negative errno: the connection is not to be used again. */
int channel_close_handle(struct channel *channel, uint32_t handle);

#endif
