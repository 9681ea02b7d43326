/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in flight: those in replies that no client has read yet.
 *
 * A descriptor in an unread reply stays in flight, also when the broker closes its end of the
 * connection. The kernel lets a uid have RLIMIT_NOFILE of them (unix(7), ETOOMANYREFS), and all that
 * the broker sends counts as the broker's. So no client may use them up for the others. The kernel
 * does not report that a reply was read; it can only be asked (SIOCOUTQ), once a connection.
 *
 * Replies with one descriptor:
 * (1) A socket has room for CONN_UNREAD_MAX of them.
 * (2) While fewer than unread_max are unread on all connections together, one that each may still get
 *     included, the kernel is not asked.
 * (3) From there on a connection gets another one only after it has read all it had. Its first one it
 *     always gets.
 *
 * Replies to OPEN_MANY, which bring several:
 * (1) Their descriptors are charged to the connection and to its user until all of them were read.
 * (2) A user may have as many as it leaves to others: half of all, then half of the rest, and so on.
 * (3) While a connection is charged, and where no room is left, such a reply brings one.
 */
#ifndef PRSHM_DAEMON_IN_FLIGHT_H
#define PRSHM_DAEMON_IN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct conn;

/* Measured: the smallest SO_SNDBUF there is takes 6 replies that carry a descriptor. */
#define CONN_UNREAD_MAX 6

#define IN_FLIGHT_SHARE 16 /* OPEN_MANY may have this part of RLIMIT_NOFILE: one sixteenth */

struct in_flight {
	size_t limit; /* descriptors of OPEN_MANY that may be charged, and those that are */
	size_t used;
	TAILQ_HEAD(, conn) conns; /* those that are charged, by conn::in_in_flight; the longest first */
	size_t unread; /* the sum of conn::unread */
	size_t unread_max; /* from this many unread replies on, ask the kernel which of them were read */
};

void in_flight_init(struct in_flight *in_flight); /* after RLIMIT_NOFILE was raised */

/* How many descriptors the next reply to OPEN_MANY may bring to that connection: 1 to WIRE_FDS_MAX. */
size_t in_flight_room(struct conn *conn, size_t wanted);
/* Charges a reply's descriptors to the connection. One alone is not charged. */
void in_flight_add(struct conn *conn, size_t count);
/* The connection has nothing in flight any more. Takes one that had nothing. */
void in_flight_remove(struct conn *conn);

/* Whether a reply with descriptors may go out now. */
bool in_flight_may_send(struct conn *conn);
/* A reply with descriptors has gone out. */
void in_flight_sent(struct conn *conn);

/* Assumes the most that the last broker's reply to this connection can have left unread. */
void in_flight_take_over(struct conn *conn);

/* Whether the client has left a reply unread; fd: the connection's socket. */
bool in_flight_is_unread(int fd);

#endif
