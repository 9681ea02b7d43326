/* SPDX-License-Identifier: MIT */
/*
 * The lists of connections, how one moves from list to list, and how it ends. One timer serves a
 * whole list: the silent list is in the order of its deadlines, and the draining list is asked as a
 * whole.
 */
#include "daemon/connections.h"

#include <event2/event.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/pending.h"

static const struct timeval drain_pause = {.tv_sec = 1};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static struct conns *list_of(struct connections *connections, const struct conn *conn)
{
	switch (conn->state) {
	case CONN_SILENT:
		return &connections->silent;
	case CONN_SERVED:
		return &connections->served;
	default:
		return &connections->draining;
	}
}

void connections_changed(struct connections *connections)
{
	connections->on_change(connections->on_change_data);
}

uint64_t connections_count(const struct connections *connections)
{
	return connections->broker->accounts.used[RESOURCE_CONNECTIONS];
}

uint64_t connections_max(const struct connections *connections)
{
	return connections->broker->policy.host[RESOURCE_CONNECTIONS];
}

static bool has_request(const struct conn *conn)
{
	int waiting = 0;

	return ioctl(conn->peer->fd, SIOCINQ, &waiting) == 0 && waiting > 0;
}

bool connections_make_room(struct connections *connections)
{
	struct conn *conn;

	if (connections_count(connections) < connections_max(connections))
		return true;
	TAILQ_FOREACH(conn, &connections->silent, in_state) {
		if (!has_request(conn))
			break;
	}
	if (conn)
		connections_end(conn);
	return connections_count(connections) < connections_max(connections);
}

/* If a user has several connections, the one counts whose groups allow most. */
static void apply_limits(struct connections *connections,
	void (*apply)(const struct policy *policy, const struct credentials *who,
		struct account *account))
{
	const struct conns *const lists[] = {
		&connections->silent, &connections->served, &connections->draining};
	const struct conn *conn;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		TAILQ_FOREACH(conn, lists[i], in_state)
			apply(&connections->broker->policy, &conn->peer->credentials,
				conn->peer->account);
	}
}

/* Of what they have left, others may ask for more: a size, entries, a longer name. */
static void apply_limits_absent(struct broker *broker)
{
	struct account *account = accounts_next(&broker->accounts, 0);

	while (account) {
		policy_apply_limits_absent(&broker->policy, account);
		account = account->uid < UINT32_MAX
				  ? accounts_next(&broker->accounts, account->uid + 1)
				  : NULL;
	}
}

void connections_apply_limits(struct connections *connections)
{
	apply_limits_absent(connections->broker);
	apply_limits(connections, policy_apply_limits);
	apply_limits(connections, policy_raise_limits);
}

void connections_set_time(struct connections *connections)
{
	struct timeval now;

	event_base_gettimeofday_cached(connections->base, &now);
	connections->broker->registry.now =
		(uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_usec * 1000U;
}

static void move(struct conn *conn, enum conn_state state)
{
	TAILQ_REMOVE(list_of(conn->connections, conn), conn, in_state);
	conn->state = state;
	TAILQ_INSERT_TAIL(list_of(conn->connections, conn), conn, in_state);
}

/*
 * Asks again in a second. A pending timer is left as it is: event_add would begin anew, and clients
 * that keep ending could put it off for ever.
 */
static void await_drain(struct connections *connections)
{
	if (!event_pending(&connections->drain, EV_TIMEOUT, NULL))
		event_add(&connections->drain, &drain_pause);
}

void connections_add(struct conn *conn, enum conn_state state)
{
	struct connections *connections = conn->connections;
	const struct timeval limit = {.tv_sec = (time_t)connections->login_seconds};

	conn->state = state;
	conn->since = now();
	if (state == CONN_SILENT && TAILQ_EMPTY(&connections->silent))
		event_add(&connections->login_over, &limit);
	if (state == CONN_DRAINING)
		await_drain(connections);
	TAILQ_INSERT_TAIL(list_of(connections, conn), conn, in_state);
	connections_changed(connections);
}

void connections_note_request(struct conn *conn)
{
	if (conn->state == CONN_SILENT)
		move(conn, CONN_SERVED);
}

bool connections_wait(struct conn *conn, short what, const struct timeval *timeout)
{
	const int fd = what == EV_TIMEOUT ? -1 : conn->peer->fd;

	event_del(&conn->wait);
	event_assign(&conn->wait, conn->connections->base, fd,
		what == EV_READ ? EV_READ | EV_PERSIST : what, event_get_callback(&conn->wait),
		conn);
	return event_add(&conn->wait, timeout) == 0;
}

void connections_end(struct conn *conn)
{
	connections_set_time(conn->connections); /* the closes below are events with a time */
	if (!in_flight_is_unread(conn->peer->fd)) {
		connections_free(conn);
		return;
	}
	event_del(&conn->wait);
	conn->pending = pending_free(conn->pending);
	conn->request = pending_free(conn->request);
	broker_end_peer(conn->connections->broker, conn->peer);
	/* The client sees the end of the connection after the replies that are unread. */
	shutdown(conn->peer->fd, SHUT_RDWR);
	move(conn, CONN_DRAINING);
	await_drain(conn->connections);
	connections_changed(conn->connections);
}

struct conn *connections_free(struct conn *conn)
{
	struct connections *connections;
	int fd;

	if (!conn)
		return NULL;
	connections = conn->connections;
	fd = conn->peer->fd;
	event_del(&conn->wait);
	pending_free(conn->pending);
	pending_free(conn->request);
	in_flight_remove(conn);
	TAILQ_REMOVE(list_of(connections, conn), conn, in_state);
	broker_remove_peer(connections->broker, conn->peer);
	close(fd);
	free(conn);
	connections_changed(connections);
	return NULL;
}

/*
 * The list is in the order of deadlines: all behind the first that has time left have more of it.
 */
static void login_over(int fd, short what, void *data)
{
	struct connections *connections = data;
	const time_t limit = (time_t)connections->login_seconds;
	struct conn *conn;
	struct timeval rest = {0};

	(void)fd;
	(void)what;
	while ((conn = TAILQ_FIRST(&connections->silent))) {
		rest.tv_sec = conn->since + limit + 1 - now(); /* "since" was rounded down */
		if (rest.tv_sec > 0)
			break;
		connections_end(conn);
	}
	if (conn)
		event_add(&connections->login_over, &rest);
}

/*
 * A timer, because there is nothing to poll for: the kernel does not tell when a client has read.
 */
static void drain(int fd, short what, void *data)
{
	struct connections *connections = data;
	struct conn *conn = TAILQ_FIRST(&connections->draining);

	(void)fd;
	(void)what;
	while (conn) {
		struct conn *next = TAILQ_NEXT(conn, in_state);

		if (!in_flight_is_unread(conn->peer->fd))
			connections_free(conn);
		conn = next;
	}
	if (!TAILQ_EMPTY(&connections->draining))
		await_drain(connections);
}

void connections_init(struct connections *connections, struct event_base *base,
	struct broker *broker, unsigned int login_seconds)
{
	*connections = (struct connections){
		.base = base,
		.broker = broker,
		.login_seconds = login_seconds,
		.turn = 1,
		.log = {.broker = broker},
	};
	TAILQ_INIT(&connections->silent);
	TAILQ_INIT(&connections->served);
	TAILQ_INIT(&connections->draining);
	in_flight_init(&connections->in_flight);
	evtimer_assign(&connections->login_over, base, login_over, connections);
	evtimer_assign(&connections->drain, base, drain, connections);
}

void connections_deinit(struct connections *connections)
{
	struct conns *const lists[] = {
		&connections->silent, &connections->served, &connections->draining};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		while (!TAILQ_EMPTY(lists[i]))
			connections_free(TAILQ_FIRST(lists[i]));
	}
	event_del(&connections->login_over);
	event_del(&connections->drain);
}
