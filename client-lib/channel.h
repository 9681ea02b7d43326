/* SPDX-License-Identifier: MIT */
/*
 * Sends a request on one connection, and receives the reply. If the broker is restarted in between,
 * the caller does not notice:
 * (1) The new broker sends RESTARTED. It knows all that was done, but not which requests the old
 *     broker had received.
 * (2) The channel sends its request again, with the same serial.
 * (3) The broker does what is asked, unless that is done already, and replies. So two replies may
 *     come; the second one is dropped.
 */
#ifndef PRSHM_CLIENT_CHANNEL_H
#define PRSHM_CLIENT_CHANNEL_H

#include <sys/types.h>

#include "wire/ring.h"
#include "wire/wire.h"

struct channel {
	int fd;          /* borrowed; blocking, with a time-out of `seconds` */
	uint64_t id;     /* of fd: descriptor_socket_id */
	int seconds;     /* the longest wait for a reply, however often the broker is restarted */
	uint32_t serial; /* of the last message that was sent */
	struct ring_page *ring; /* to close handles in; NULL: no handle was opened yet */
	dev_t device;           /* of the ring, and of all memory but that of huge pages */
};

struct broker_answer {
	struct wire_reply reply;
	struct wire_message message; /* the bytes that the reply points into */
	int fd;                      /* the caller owns it after 0; -1: the reply had none */
	uint64_t connection;         /* the number of the connection that brought the reply */
	dev_t device;                /* of memory that is not of huge pages */
	bool reopens;                /* the broker knows REOPEN by handle */
};

/* fd: a new connection. 0; or -EBADF: another thread of the program has closed fd. */
int channel_start(struct channel *channel, int fd, int seconds);

/* Whether fd is still this connection. False: the program has closed it; calls return -EBADF. */
bool channel_is_own(const struct channel *channel);

/* Whether the other end is there: a broker, or a keeper that holds it for the next broker. */
bool channel_stands(const struct channel *channel);

void channel_end(struct channel *channel); /* the end of the connection closes its handles */

/*
 * To be called before each channel_call: gets the ring before the first handle is opened. Outcomes
 * are those of channel_call, and -ENOMEM.
 */
int channel_prepare(struct channel *channel, uint16_t op);

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno. After a negative errno other than -EMFILE and -ENOMEM, do not use the connection
 * again. After 0 the caller owns answer->fd and the handle that came with the descriptor; after 0
 * for OPEN_MANY, answer->message with all its descriptors, and the handles.
 */
int channel_call(
	struct channel *channel, struct wire_request *request, struct broker_answer *answer);

/*
 * The next outcome of a reply to OPEN_MANY; *inode: 0: not told, as by a broker of an older
 * release. False: there is none.
 */
bool channel_get_outcome(const struct wire_reply *reply, size_t *used, struct wire_outcome *outcome,
	struct wire_inode *inode);

/* Only after channel_prepare. After a negative errno, do not use the connection again. */
int channel_close_handle(struct channel *channel, uint32_t handle);

#endif
