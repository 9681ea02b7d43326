/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in flight: those in replies that no client has read yet.
 *
 * A descriptor in an unread reply stays in flight, also when the broker closes its end of the
 * connection. The kernel lets a uid have RLIMIT_NOFILE of them (unix(7), ETOOMANYREFS), and all
 * that the broker sends counts as the broker's. So no client may use them up for the others. The
 * kernel does not report that a reply was read; it can only be asked (SIOCOUTQ), once a connection.
 *
 * Replies with one descriptor:
 * (1) A socket has room for CONN_UNREAD_MAX of them.
 * (2) The kernel is not asked while fewer than unread_max replies are unread on all connections
 *     together. One reply that each connection may still get is included.
 * (3) Beyond that, a connection gets another reply only after the client has read all earlier ones.
 *     So each connection can always have one unread reply.
 *
 * Replies to OPEN_MANY, which bring several descriptors:
 * (1) The descriptors are charged to the connection and to its user until the client has read all.
 * (2) A user may have as many as it leaves to others: the first user half of all, the next one half
 *     of the rest, and so on.
 * (3) While a connection is charged, or no room is left, such a reply brings one descriptor.
 */
#ifndef PRSHM_DAEMON_IN_FLIGHT_H
#define PRSHM_DAEMON_IN_FLIGHT_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

/* Measured: the smallest SO_SNDBUF there is takes 6 replies that carry a descriptor. */
#define CONN_UNREAD_MAX 6

#define IN_FLIGHT_SHARE 16 /* OPEN_MANY may have this part of RLIMIT_NOFILE: one sixteenth */

struct in_flight {
	size_t limit;             /* how many descriptors of OPEN_MANY may be charged */
	size_t used;              /* how many are charged */
	TAILQ_HEAD(, conn) conns; /* charged connections, by conn::in_in_flight; the oldest first */
	size_t unread;            /* the sum of conn::unread */
	/* from this many unread replies on, ask the kernel which of them were read */
	size_t unread_max;
};

void in_flight_init(struct in_flight *in_flight); /* after RLIMIT_NOFILE was raised */

/*
 * How many descriptors the next reply to OPEN_MANY may bring to that connection: 1 to WIRE_FDS_MAX.
 */
size_t in_flight_room(struct conn *conn, size_t wanted);
/* Charges a reply's descriptors to the connection. One alone is not charged. */
void in_flight_add(struct conn *conn, size_t count);
/* The connection has nothing in flight any more. Does nothing if it had nothing. */
void in_flight_remove(struct conn *conn);

/* Whether a reply with descriptors may be sent now. */
bool in_flight_may_send(struct conn *conn);
/* A reply with descriptors was sent. */
void in_flight_sent(struct conn *conn);

/* Assumes the most that the last broker's reply to this connection can have left unread. */
void in_flight_take_over(struct conn *conn);

/* Whether the client has left a reply unread; fd: the connection's socket. */
bool in_flight_is_unread(int fd);

#endif
