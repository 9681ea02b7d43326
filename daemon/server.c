/* SPDX-License-Identifier: MIT */
/* All connections; server.h tells the idea. */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/core/broker-ring.h"
#include "daemon/conn.h"
#include "daemon/core/keeping.h"
#include "base/log.h"

/* What a client can cause, again and again, must not fill the log: of each user, and of no user. */
#define USER_LINES_A_MINUTE 60
#define LINES_A_MINUTE      20
#define ACCEPTS_A_TURN 64

static const struct timeval accept_pause = {.tv_usec = 100000};
static const struct timeval drain_pause = {.tv_sec = 1};

/* Whether one more line fits the minute; *last: it is the last one. */
static bool spend_line(uint64_t now, unsigned int limit, uint64_t *minute, unsigned int *lines,
	bool *last)
{
	if (*minute != now)
		*lines = 0;
	*minute = now;
	*last = ++*lines == limit;
	return *lines <= limit;
}

void server_log_limited(struct server *server, struct account *account, int priority,
	const char *format, ...)
{
	const uint64_t minute = server->broker->now / UINT64_C(60000000000);
	char line[LOG_LINE_MAX];
	va_list arguments;
	bool last;

	if (account ? !spend_line(minute, USER_LINES_A_MINUTE, &account->lines_minute,
			      &account->lines, &last)
		    : !spend_line(minute, LINES_A_MINUTE, &server->lines_minute, &server->lines,
			      &last))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_write(priority, "%s%s", line, last ? "; no more such lines this minute" : "");
}

/* The timer follows the first deadline; most of the time there is none. */
static void watch_expiry(struct server *server)
{
	const uint64_t deadline = registry_deadline(&server->broker->registry);
	struct timeval rest = {0};
	uint64_t now;

	if (deadline == server->expiry_deadline)
		return;
	server->expiry_deadline = deadline;
	event_del(&server->expiry);
	if (deadline == 0)
		return;
	now = server->broker->registry.clock();
	if (deadline > now) {
		rest.tv_sec = (time_t)((deadline - now) / 1000000000U);
		rest.tv_usec = (suseconds_t)((deadline - now) % 1000000000U / 1000U) + 1;
	}
	event_add(&server->expiry, &rest);
}

static void expiry_due(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	server->expiry_deadline = 0;
	broker_expire(server->broker);
	server_changed(server);
}

static void log_expired(void *data, const struct segment *segment)
{
	server_log_limited(data, segment->charges[0].account, LOG_INFO,
		"\"%.*s\" of uid %u is gone: nobody holds it, and its %s", (int)segment->name_length,
		segment->name, (unsigned int)segment->rights.uid,
		segment->linger > 0 ? "linger time has passed" : "lifetime is until-unused");
}

void server_set_time(struct server *server)
{
	struct timeval now;

	event_base_gettimeofday_cached(server->base, &now);
	server->broker->now =
		(uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_usec * 1000U;
}

unsigned int server_connection_limit(const struct policy *policy)
{
	const uint64_t limit = policy->host[RESOURCE_CONNECTIONS];

	return limit < UINT_MAX ? (unsigned int)limit : UINT_MAX;
}

/* Of a user with several connections, the one with the most generous groups counts. */
static void apply_limits(struct server *server,
	void (*apply)(const struct policy *policy, const struct credentials *who,
		struct account *account))
{
	const struct conns *const lists[] = {&server->silent, &server->served, &server->draining};
	const struct conn *conn;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		TAILQ_FOREACH(conn, lists[i], in_state)
			apply(&server->broker->policy, &conn->peer->credentials, conn->peer->account);
	}
}

void server_apply_limits(struct server *server)
{
	apply_limits(server, policy_apply_limits);
	apply_limits(server, policy_raise_limits);
	server->options.connections =
		server_connection_limit(&server->broker->policy);
}

void server_changed(struct server *server)
{
	const size_t segments = server->broker->registry.count;

	watch_expiry(server);
	if (server->told_conns == server->conn_count && server->told_segments == segments)
		return;
	server->told_conns = server->conn_count;
	server->told_segments = segments;
	if (server->on_change)
		server->on_change(server->on_change_data);
}

/* Tried again ten times a second, but told once. */
static void pause_accepting(struct server *server, const char *why)
{
	if (!server->accept_trouble)
		server_log_limited(server, NULL, LOG_WARNING, "new connections have to wait: %s", why);
	server->accept_trouble = true;
	event_del(&server->acceptable);
	event_add(&server->accept_again, &accept_pause);
}

static void accept_again(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	event_add(&server->acceptable, NULL);
}

/*
 * Whoever connects and says nothing makes room for the next, but not one whose first request waits
 * to be read. False: all have business here.
 */
static bool make_room(struct server *server)
{
	struct conn *conn;

	if (server->conn_count < server->options.connections)
		return true;
	TAILQ_FOREACH(conn, &server->silent, in_state) {
		if (!conn_has_request(conn))
			break;
	}
	if (conn)
		conn_end(conn);
	return server->conn_count < server->options.connections;
}

/* False: nobody else waits, or has to. */
static bool accept_conn(struct server *server)
{
	struct conn *conn;
	int fd;
	int error;

	if (!make_room(server)) {
		pause_accepting(server, "there are as many as there may be");
		return false;
	}
	fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		server->accept_trouble = false;
		error = conn_new(server, fd, &conn);
		if (error < 0 && error != -EDQUOT)
			server_log_limited(server, NULL, LOG_ERR, "new connection: %s", strerror(-error));
		return true;
	}
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return false;
	default: /* EMFILE, ENFILE, ENOMEM: it stays readable, so look away for a while */
		pause_accepting(server, strerror(errno));
		return false;
	}
}

/* Nobody is sent away to make room for nobody. */
static bool is_awaited(const struct server *server)
{
	struct pollfd wait = {.fd = server->fd, .events = POLLIN};

	return poll(&wait, 1, 0) > 0;
}

/*
 * Several a turn: a turn is as long as there are clients with requests, and behind a flood of
 * connections a newcomer would wait a turn for each.
 */
static void accept_conns(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN && is_awaited(server) && accept_conn(server); i++)
		;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* One timer for all: the list is in the order of their deadlines. */
static void login_over(int fd, short what, void *data)
{
	struct server *server = data;
	const time_t limit = (time_t)server->options.login_seconds;
	struct conn *conn;
	struct timeval rest = {0};

	(void)fd;
	(void)what;
	while ((conn = TAILQ_FIRST(&server->silent))) {
		rest.tv_sec = conn->since + limit + 1 - now(); /* "since" was rounded down */
		if (rest.tv_sec > 0)
			break;
		conn_end(conn);
	}
	if (conn)
		event_add(&server->login_over, &rest);
}

static struct conns *list_of(struct server *server, const struct conn *conn)
{
	switch (conn->state) {
	case CONN_SILENT:
		return &server->silent;
	case CONN_SERVED:
		return &server->served;
	default:
		return &server->draining;
	}
}

static void move_conn(struct server *server, struct conn *conn, enum conn_state state)
{
	TAILQ_REMOVE(list_of(server, conn), conn, in_state);
	conn->state = state;
	TAILQ_INSERT_TAIL(list_of(server, conn), conn, in_state);
}

void server_add_conn(struct server *server, struct conn *conn, enum conn_state state)
{
	const struct timeval limit = {.tv_sec = (time_t)server->options.login_seconds};

	conn->state = state;
	conn->since = now();
	if (state == CONN_SILENT && TAILQ_EMPTY(&server->silent))
		event_add(&server->login_over, &limit);
	if (state == CONN_DRAINING && TAILQ_EMPTY(&server->draining))
		event_add(&server->drain, &drain_pause);
	TAILQ_INSERT_TAIL(list_of(server, conn), conn, in_state);
	server->conn_count++;
	server_changed(server);
}

void server_conn_spoke(struct server *server, struct conn *conn)
{
	if (conn->state == CONN_SILENT)
		move_conn(server, conn, CONN_SERVED);
}

void server_remove_conn(struct server *server, struct conn *conn)
{
	TAILQ_REMOVE(list_of(server, conn), conn, in_state);
	server->conn_count--;
	server_changed(server);
}

/* There is nothing to poll for: what a client leaves unread goes without a word to us. */
static void drain(int fd, short what, void *data)
{
	struct server *server = data;
	struct conn *conn = TAILQ_FIRST(&server->draining);

	(void)fd;
	(void)what;
	while (conn) {
		struct conn *next = TAILQ_NEXT(conn, in_state);

		if (!conn_has_unread(conn))
			conn_free(conn);
		conn = next;
	}
	if (!TAILQ_EMPTY(&server->draining))
		event_add(&server->drain, &drain_pause);
}

void server_drain_conn(struct server *server, struct conn *conn)
{
	move_conn(server, conn, CONN_DRAINING);
	/* Never put off: event_add of a pending timer begins anew, and who keeps ending would hold it up. */
	if (!event_pending(&server->drain, EV_TIMEOUT, NULL))
		event_add(&server->drain, &drain_pause);
	server_changed(server);
}

int server_restore(struct server *server)
{
	struct peer *peer = NULL;
	uint64_t after = 0;
	int error = 0;

	broker_drain_all(server->broker);
	keeping_commit(server->broker);
	while (error == 0 && (peer = broker_next_peer(server->broker, after))) {
		after = peer->number;
		error = conn_restore(server, peer);
	}
	server_apply_limits(server);
	server_changed(server);
	return error;
}

int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	const struct server_options *options)
{
	*server = (struct server){
		.base = base,
		.broker = broker,
		.options = *options,
		.fd = fd,
		.turn = 1,
	};
	TAILQ_INIT(&server->silent);
	TAILQ_INIT(&server->served);
	TAILQ_INIT(&server->draining);
	in_flight_init(&server->in_flight);
	evtimer_assign(&server->accept_again, base, accept_again, server);
	evtimer_assign(&server->login_over, base, login_over, server);
	evtimer_assign(&server->drain, base, drain, server);
	evtimer_assign(&server->expiry, base, expiry_due, server);
	conn_watch_init(server);
	broker->registry.on_expired = log_expired;
	broker->registry.on_expired_data = server;
	server_set_time(server);
	event_assign(&server->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conns, server);
	return event_add(&server->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

void server_deinit(struct server *server)
{
	struct conns *const lists[] = {&server->silent, &server->served, &server->draining};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		while (!TAILQ_EMPTY(lists[i]))
			conn_free(TAILQ_FIRST(lists[i]));
	}
	event_del(&server->acceptable);
	event_del(&server->accept_again);
	event_del(&server->login_over);
	event_del(&server->drain);
	event_del(&server->expiry);
	conn_watch_deinit(server);
}
