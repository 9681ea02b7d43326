/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in flight: those in replies that nobody has read yet.
 *
 * server.h tells why they have to be bounded. The kernel does not tell us who has read, so whoever was
 * sent some is taken not to have, and is asked (SIOCOUTQ) only where there is need of room.
 *
 * Of replies that bring one, a socket takes CONN_UNREAD_MAX unread. While all together may have so many,
 * nobody is asked; beyond, who has read nothing since gets no other: each connection may always have one.
 *
 * What the replies to OPEN_MANY bring is apart from that, and charged until all was read. A user may have as
 * much as it leaves to others: half of all, then the next half of the rest. Meanwhile, and where no room
 * is left, such a reply brings one.
 */
#ifndef PRSHM_DAEMON_IN_FLIGHT_H
#define PRSHM_DAEMON_IN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct conn;

#define IN_FLIGHT_SHARE 16 /* one so-manyth of RLIMIT_NOFILE, which is what the kernel lets us have */

struct in_flight {
	size_t limit;
	size_t used;
	TAILQ_HEAD(, conn) conns; /* that are charged, in conn::in_in_flight; the longest first */
	size_t unread;            /* of all connections, conn::unread */
	size_t safe; /* so many of them may be unread, less one for each connection that there may be */
};

void in_flight_init(struct in_flight *in_flight); /* after RLIMIT_NOFILE has been raised */

/* How many descriptors the next reply on that connection may bring: 1 to WIRE_FDS_MAX. */
size_t in_flight_room(struct conn *conn, size_t wanted);
/* That it brings so many; of one there is nothing to be noted. */
void in_flight_add(struct conn *conn, size_t count);
void in_flight_remove(struct conn *conn); /* all of it; takes one that is not charged */

/* Whether a reply with one descriptor may go out now; and that it has. */
bool in_flight_may_send(struct conn *conn);
void in_flight_sent(struct conn *conn);

/* What a connection that the last broker had may have unread, by what that one did last for it. */
void in_flight_restore(struct conn *conn);

#endif
