/* SPDX-License-Identifier: MIT */
/* All connections; server.h tells the idea. */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/conn.h"
#include "daemon/log.h"

#define LINES_A_MINUTE 20

static const struct timeval accept_pause = {.tv_usec = 100000};
static const struct timeval drain_pause = {.tv_sec = 1};

void server_log_limited(struct server *server, int priority, const char *format, ...)
{
	char line[512];
	time_t minute = time(NULL) / 60;
	va_list arguments;

	if (minute != server->limited_minute)
		server->limited_lines = 0;
	server->limited_minute = minute;
	if (server->limited_lines++ >= LINES_A_MINUTE)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_write(priority, "%s%s", line,
		server->limited_lines == LINES_A_MINUTE ? "; no more such lines this minute"
							      : "");
}

void server_changed(struct server *server)
{
	const size_t segments = server->broker->registry.count;

	if (server->told_conns == server->conn_count && server->told_segments == segments)
		return;
	server->told_conns = server->conn_count;
	server->told_segments = segments;
	if (server->on_change)
		server->on_change(server->on_change_data);
}

static void pause_accepting(struct server *server)
{
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

/* Whoever connects and says nothing makes room for the next; false: all have business here. */
static bool make_room(struct server *server)
{
	if (server->conn_count >= server->options.connections && !TAILQ_EMPTY(&server->silent))
		conn_end(TAILQ_FIRST(&server->silent));
	return server->conn_count < server->options.connections;
}

static void accept_conn(int fd, short what, void *data)
{
	struct server *server = data;
	struct conn *conn;
	int error;

	(void)what;
	if (!make_room(server)) {
		server_log_limited(server, LOG_WARNING,
			"%u connections, the limit: new ones have to wait", server->conn_count);
		pause_accepting(server);
		return;
	}
	fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		error = conn_new(server, fd, &conn);
		if (error < 0)
			server_log_limited(server, LOG_ERR, "new connection: %s", strerror(-error));
		return;
	}
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return;
	default: /* EMFILE, ENFILE, ENOMEM: it stays readable, so look away for a while */
		server_log_limited(server, LOG_ERR, "accept: %s; trying again", strerror(errno));
		pause_accepting(server);
	}
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
		rest.tv_sec = conn->since + limit - now();
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

static void move_conn(struct server *server, struct conn *conn, int state)
{
	TAILQ_REMOVE(list_of(server, conn), conn, in_state);
	conn->state = state;
	TAILQ_INSERT_TAIL(list_of(server, conn), conn, in_state);
}

void server_add_conn(struct server *server, struct conn *conn)
{
	const struct timeval limit = {.tv_sec = (time_t)server->options.login_seconds};

	conn->state = CONN_SILENT;
	conn->since = now();
	if (TAILQ_EMPTY(&server->silent))
		event_add(&server->login_over, &limit);
	TAILQ_INSERT_TAIL(&server->silent, conn, in_state);
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
	event_add(&server->drain, &drain_pause);
	server_changed(server);
}

int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	const struct server_options *options)
{
	*server = (struct server){
		.base = base,
		.broker = broker,
		.options = *options,
		.fd = fd,
	};
	TAILQ_INIT(&server->silent);
	TAILQ_INIT(&server->served);
	TAILQ_INIT(&server->draining);
	evtimer_assign(&server->accept_again, base, accept_again, server);
	evtimer_assign(&server->login_over, base, login_over, server);
	evtimer_assign(&server->drain, base, drain, server);
	event_assign(&server->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conn, server);
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
}
