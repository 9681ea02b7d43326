/* SPDX-License-Identifier: MIT */
/*
 * One connection as its requests see it: a request goes out, its reply comes in, and if the broker
 * is restarted between the two, nobody above notices. A broker that was says RESTARTED and has all
 * it had, but not what it had read and not yet done: it gets that again, with the same serials, and
 * does what it has not done. So any reply may come twice, and the second is nobody's.
 */
#ifndef PRSHM_CLIENT_CHANNEL_H
#define PRSHM_CLIENT_CHANNEL_H

#include "client-lib/closes.h"
#include "wire/wire.h"

struct channel {
	int fd;          /* borrowed, and blocking with a time-out of: */
	int seconds;     /* to wait for a reply at most, however often the broker is restarted */
	uint32_t serial; /* of the message sent last; the next has the next one */
	struct closes closes;
};

struct answer {
	struct wire_reply reply;
	struct wire_message message; /* what the reply borrows from */
	int fd;                      /* owned by whoever takes it; -1: none came */
	uint64_t connection;         /* the number of the connection it came on */
};

/* For another connection. What was closed on the last one is closed. */
void channel_start(struct channel *channel, int fd, int seconds);

/* Room to close what a request of this op may open. 0 or -ENOMEM; before each channel_call. */
int channel_reserve(struct channel *channel, uint16_t op);

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno; after that, but for -EMFILE, the connection is not to be used again.
 * The caller owns answer->fd only after 0, and closes the handle that came with it.
 */
int channel_call(struct channel *channel, struct wire_request *request, struct answer *answer);

/* Sends CLOSE. 0 or a negative errno: the connection is not to be used again. */
int channel_close_handle(struct channel *channel, uint32_t handle);

#endif
