/* SPDX-License-Identifier: MIT */
/*
 * A watch: a connection of its own, on which the broker sends events. A watch repairs itself: after
 * a restart of the broker the watch asks again; while there is no broker, the watch looks for one
 * every half second; if events may have been lost, the caller gets one overflow event.
 *
 * The watch's descriptor is an epoll with one member, the connection or a timer, so the descriptor
 * stays the same when the connection changes. A message stays in the socket (MSG_PEEK) until its
 * last event is taken, so the descriptor is readable as long as there is an event.
 *
 * Not for several threads at once. A copy of the process finds the watches of the original closed.
 */
#ifndef PRSHM_CLIENT_SUBSCRIPTION_H
#define PRSHM_CLIENT_SUBSCRIPTION_H

#include <bsd/sys/queue.h>
#include <sys/types.h>

#include "wire/wire.h"

struct subscription {
	int fd;         /* owned: the epoll; -1: closed in a copy of the process */
	int source;     /* owned: the member of the epoll: the connection, or a timer; -1: closed */
	uint64_t id;    /* of a source that is the connection: descriptor_socket_id */
	bool connected; /* source is the connection, not the timer */
	bool asked;     /* WATCH was sent on this connection; its answer has not come yet */
	bool missed;    /* events may have been lost: an overflow event is due after the answer */
	bool told;      /* the caller was told that there is no broker */
	uint32_t serial; /* of WATCH */
	struct wire_watch watch;
	size_t prefix_length;
	char prefix[WIRE_NAME_MAX];
	struct wire_message message;     /* while left > 0: the first message in the socket */
	struct wire_reply reply;         /* message, decoded */
	uint32_t left;                   /* events of message that the caller has not taken */
	size_t used;                     /* bytes of message's tail that the taken events filled */
	unsigned int list;               /* lists of subscription.c, when this was put into all */
	LIST_ENTRY(subscription) in_all; /* all: a copy of the process closes them */
};

/*
 * Begins to watch. 0, an enum status, or a negative errno. length: at most WIRE_NAME_MAX. The
 * caller owns *out after 0.
 */
int subscription_new(const struct wire_watch *watch, const char *prefix, size_t length,
	struct subscription **out);
void subscription_free(struct subscription *subscription); /* takes NULL */

/* The descriptor to wait for; -1: closed in a copy of the process. */
int subscription_fd(const struct subscription *subscription);

/*
 * The next event, without waiting; *name is borrowed until the next call. 0; -EAGAIN: no event yet;
 * -EBADF: the watch is closed, in a copy of the process or by the program; any other: why the
 * connection broke, told once.
 */
int subscription_next(
	struct subscription *subscription, struct wire_event *event, const char **name);

#endif
