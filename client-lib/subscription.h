/* SPDX-License-Identifier: MIT */
/*
 * A watch: a connection of its own, on which the broker tells what happens. It mends itself: a
 * broker that was restarted is asked again, one that is gone is sought every half second, and what
 * may have been missed meanwhile shows as one overflow.
 *
 * Its descriptor is an epoll of the one thing there is to wait for, the connection or the time to
 * seek a broker again, so it stays the same whatever becomes of the connection. A message is only
 * looked at until its last event is taken: so it is readable for as long as there is an event.
 *
 * Not for several threads at once, nor for a child of fork: it finds its parent's closed.
 */
#ifndef PRSHM_CLIENT_SUBSCRIPTION_H
#define PRSHM_CLIENT_SUBSCRIPTION_H

#include <sys/queue.h>
#include <sys/types.h>

#include "wire/wire.h"

struct subscription {
	int fd;      /* owned: the epoll; -1: closed by a fork */
	int source;  /* owned: what is in it: the connection, or a timer; -1: neither */
	ino_t inode; /* of source: a program that closes all descriptors may reuse the number */
	bool connected;
	bool asked;  /* on this connection, and there is no answer yet */
	bool missed; /* something may have been, which the answer will show */
	bool told;   /* the caller knows that there is no broker */
	uint32_t serial;
	struct wire_watch watch;
	size_t prefix_length;
	char prefix[WIRE_NAME_MAX];
	struct wire_message message;     /* the first in the socket, while left > 0 */
	struct wire_reply reply;         /* the same, decoded */
	uint32_t left;                   /* its events that were not taken */
	size_t used;                     /* its tail's bytes that were */
	LIST_ENTRY(subscription) in_all; /* for the children of fork */
};

/*
 * Watches from now on. 0, an enum status, or a negative errno. length is at most WIRE_NAME_MAX. The
 * caller owns *out after 0.
 */
int subscription_new(const struct wire_watch *watch, const char *prefix, size_t length,
	struct subscription **out);
void subscription_free(struct subscription *subscription); /* takes NULL */

/*
 * The next event, without waiting; its name is borrowed until the next call. 0; -EAGAIN: none yet;
 * -EBADF: it was closed, by a fork or by the program; else, once, why there is no connection any
 * more.
 */
int subscription_next(
	struct subscription *subscription, struct wire_event *event, const char **name);

#endif
