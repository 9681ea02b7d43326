/* SPDX-License-Identifier: MIT */
/*
 * Counts descriptors in flight in two ways. For replies with one descriptor, conn::unread is an
 * upper bound. The descriptors of replies to OPEN_MANY are charged to the connection until the
 * client has read all.
 */
#include "daemon/in-flight.h"

#include <assert.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "daemon/connections.h"

#define LOOKS 8 /* for one request, the kernel is asked about at most this many connections */

#define LIMIT_MAX ((size_t)1 << 16) /* the most for in_flight::limit */

/* All but a quarter, for descriptors in flight to the keeper, and but the share of OPEN_MANY. */
static uint64_t unread_max_of(uint64_t descriptors)
{
	return descriptors - descriptors / 4 - descriptors / IN_FLIGHT_SHARE;
}

void in_flight_init(struct in_flight *in_flight)
{
	struct rlimit limit = {.rlim_cur = 1024};
	size_t unread_max;

	getrlimit(RLIMIT_NOFILE, &limit);
	unread_max = (size_t)unread_max_of(limit.rlim_cur);
	limit.rlim_cur /= IN_FLIGHT_SHARE;
	*in_flight = (struct in_flight){
		.limit = limit.rlim_cur < LIMIT_MAX ? (size_t)limit.rlim_cur : LIMIT_MAX,
		.unread_max = unread_max,
	};
	TAILQ_INIT(&in_flight->conns);
}

bool in_flight_is_unread(int fd)
{
	int unread = 0;

	return ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}

/* A principal may leave no more unread by many uids than by one. */
static struct account *payer_of(const struct conn *conn)
{
	return account_payer(conn->peer->account);
}

static void forget_unread(struct conn *conn)
{
	conn->connections->in_flight.unread -= conn->unread;
	conn->unread = 0;
}

void in_flight_remove(struct conn *conn)
{
	struct in_flight *in_flight = &conn->connections->in_flight;

	forget_unread(conn);
	if (conn->in_flight == 0)
		return;
	in_flight->used -= conn->in_flight;
	payer_of(conn)->shell.in_flight -= conn->in_flight;
	conn->in_flight = 0;
	TAILQ_REMOVE(&in_flight->conns, conn, in_in_flight);
}

void in_flight_add(struct conn *conn, size_t count)
{
	struct in_flight *in_flight = &conn->connections->in_flight;

	if (count <= 1)
		return;
	assert(conn->in_flight == 0); /* otherwise in_flight_room has allowed one descriptor only */
	conn->in_flight = count;
	payer_of(conn)->shell.in_flight += count;
	in_flight->used += count;
	TAILQ_INSERT_TAIL(&in_flight->conns, conn, in_in_flight);
}

/*
 * Whether nothing is charged to the connection any more. A reply not sent yet cannot have been
 * read.
 */
static bool has_read(struct conn *conn)
{
	if (conn->in_flight > 0 && !conn->pending && !in_flight_is_unread(conn->peer->fd))
		in_flight_remove(conn);
	return conn->in_flight == 0;
}

/* A connection that has not read goes to the end: the next look begins with others. */
static void look_around(struct in_flight *in_flight)
{
	for (int i = 0; i < LOOKS && !TAILQ_EMPTY(&in_flight->conns); i++) {
		struct conn *conn = TAILQ_FIRST(&in_flight->conns);

		if (has_read(conn))
			continue;
		TAILQ_REMOVE(&in_flight->conns, conn, in_in_flight);
		TAILQ_INSERT_TAIL(&in_flight->conns, conn, in_in_flight);
	}
}

/* How many more the user may have: rule (2) of OPEN_MANY. has: how many the user is charged for. */
static size_t room_for(const struct in_flight *in_flight, size_t has)
{
	const size_t left =
		in_flight->limit > in_flight->used ? in_flight->limit - in_flight->used : 0;

	return left > has ? (left - has) / 2 : 0;
}

size_t in_flight_room(struct conn *conn, size_t wanted)
{
	struct in_flight *in_flight = &conn->connections->in_flight;
	size_t room;

	if (wanted > WIRE_FDS_MAX)
		wanted = WIRE_FDS_MAX;
	if (wanted <= 1 || !has_read(conn))
		return 1;
	room = room_for(in_flight, payer_of(conn)->shell.in_flight);
	if (room < wanted) {
		look_around(in_flight);
		room = room_for(in_flight, payer_of(conn)->shell.in_flight);
	}
	if (room > wanted)
		room = wanted;
	return room > 0 ? room : 1;
}

bool in_flight_may_send(struct conn *conn)
{
	const struct in_flight *in_flight = &conn->connections->in_flight;
	/* Each connection may still get its first unread reply: rule (3). */
	const uint64_t firsts = conn->connections->broker->policy.host[RESOURCE_CONNECTIONS];

	if (conn->unread == 0 || in_flight->unread + firsts < in_flight->unread_max)
		return true;
	if (in_flight_is_unread(conn->peer->fd))
		return false;
	forget_unread(conn);
	return true;
}

void in_flight_sent(struct conn *conn)
{
	if (conn->unread == CONN_UNREAD_MAX) /* it has no room for more: some were read */
		return;
	conn->unread++;
	conn->connections->in_flight.unread++;
}

/* Only a reply to the last request can be unread with descriptors; RESTARTED brings none. */
void in_flight_take_over(struct conn *conn)
{
	const size_t descriptors = wire_descriptors_of(conn->peer->last.op);

	if (descriptors == 0 || !in_flight_is_unread(conn->peer->fd))
		return;
	in_flight_add(conn, descriptors);
	while (conn->unread < CONN_UNREAD_MAX)
		in_flight_sent(conn);
}
