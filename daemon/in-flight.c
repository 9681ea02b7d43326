/* SPDX-License-Identifier: MIT */
/* Descriptors in flight; in-flight.h tells the idea. */
#include "daemon/in-flight.h"

#include <assert.h>
#include <sys/resource.h>

#include "daemon/conn.h"
#include "daemon/server.h"

#define LOOKS 8 /* at connections that may have read by now, for one request */

#define LIMIT_MAX ((size_t)1 << 16) /* however many descriptors we may have */

/* All but a quarter, for what is on its way to the keeper, and the share of OPEN_MANY. */
static uint64_t safe_of(uint64_t descriptors)
{
	return descriptors - descriptors / 4 - descriptors / IN_FLIGHT_SHARE;
}

void in_flight_init(struct in_flight *in_flight)
{
	struct rlimit limit = {.rlim_cur = 1024};
	size_t safe;

	getrlimit(RLIMIT_NOFILE, &limit);
	safe = (size_t)safe_of(limit.rlim_cur);
	limit.rlim_cur /= IN_FLIGHT_SHARE;
	*in_flight = (struct in_flight){
		.limit = limit.rlim_cur < LIMIT_MAX ? (size_t)limit.rlim_cur : LIMIT_MAX,
		.safe = safe,
	};
	TAILQ_INIT(&in_flight->conns);
}

static void forget_unread(struct conn *conn)
{
	conn->server->in_flight.unread -= conn->unread;
	conn->unread = 0;
}

void in_flight_remove(struct conn *conn)
{
	struct in_flight *in_flight = &conn->server->in_flight;

	forget_unread(conn);
	if (conn->in_flight == 0)
		return;
	in_flight->used -= conn->in_flight;
	conn->peer->account->in_flight -= conn->in_flight;
	conn->in_flight = 0;
	TAILQ_REMOVE(&in_flight->conns, conn, in_in_flight);
}

void in_flight_add(struct conn *conn, size_t count)
{
	struct in_flight *in_flight = &conn->server->in_flight;

	if (count <= 1)
		return;
	assert(conn->in_flight == 0); /* else there was room for one only */
	conn->in_flight = count;
	conn->peer->account->in_flight += count;
	in_flight->used += count;
	TAILQ_INSERT_TAIL(&in_flight->conns, conn, in_in_flight);
}

/* Whether nothing is charged to it any more. What could not be sent yet is nobody's to read. */
static bool has_read(struct conn *conn)
{
	if (conn->in_flight > 0 && !conn->pending && !conn_has_unread(conn))
		in_flight_remove(conn);
	return conn->in_flight == 0;
}

/* Those that were not done the last time are looked at before others are again. */
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

static size_t room_for(const struct in_flight *in_flight, size_t has)
{
	const size_t left = in_flight->limit > in_flight->used ? in_flight->limit - in_flight->used : 0;

	return left > has ? (left - has) / 2 : 0;
}

size_t in_flight_room(struct conn *conn, size_t wanted)
{
	struct in_flight *in_flight = &conn->server->in_flight;
	size_t room;

	if (wanted > WIRE_FDS_MAX)
		wanted = WIRE_FDS_MAX;
	if (wanted <= 1 || !has_read(conn))
		return 1;
	room = room_for(in_flight, conn->peer->account->in_flight);
	if (room < wanted) {
		look_around(in_flight);
		room = room_for(in_flight, conn->peer->account->in_flight);
	}
	if (room > wanted)
		room = wanted;
	return room > 0 ? room : 1;
}

bool in_flight_may_send(struct conn *conn)
{
	const struct in_flight *in_flight = &conn->server->in_flight;

	if (conn->unread == 0 ||
		in_flight->unread + conn->server->options.connections < in_flight->safe)
		return true;
	if (conn_has_unread(conn))
		return false;
	forget_unread(conn);
	return true;
}

void in_flight_sent(struct conn *conn)
{
	if (conn->unread == CONN_UNREAD_MAX) /* the socket had no room for another: some were read */
		return;
	conn->unread++;
	conn->server->in_flight.unread++;
}

/* Most have unread what an earlier take-over told them, and nothing else. */
void in_flight_restore(struct conn *conn)
{
	const size_t descriptors = wire_descriptors_of(conn->peer->last.op);

	if (descriptors == 0 || !conn_has_unread(conn))
		return;
	in_flight_add(conn, descriptors);
	while (conn->unread < CONN_UNREAD_MAX)
		in_flight_sent(conn);
}
