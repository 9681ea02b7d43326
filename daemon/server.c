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
static const struct timeval relief_pause = {.tv_sec = 1};

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
		conn_free(TAILQ_FIRST(&server->silent));
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
		conn_free(conn);
	}
	if (conn)
		event_add(&server->login_over, &rest);
}

void server_add_conn(struct server *server, struct conn *conn)
{
	const struct timeval limit = {.tv_sec = (time_t)server->options.login_seconds};

	conn->silent = true;
	conn->since = now();
	TAILQ_INSERT_TAIL(&server->conns, conn, in_server);
	if (TAILQ_EMPTY(&server->silent))
		event_add(&server->login_over, &limit);
	TAILQ_INSERT_TAIL(&server->silent, conn, in_silent);
	server->conn_count++;
	server_changed(server);
}

void server_conn_spoke(struct server *server, struct conn *conn)
{
	if (!conn->silent)
		return;
	TAILQ_REMOVE(&server->silent, conn, in_silent);
	conn->silent = false;
}

void server_remove_conn(struct server *server, struct conn *conn)
{
	server_conn_spoke(server, conn);
	TAILQ_REMOVE(&server->conns, conn, in_server);
	server->conn_count--;
	server_changed(server);
}

/* Seen stuck at two looks, a second apart: it does not read. Nobody else is touched. */
static void relieve(int fd, short what, void *data)
{
	struct server *server = data;
	struct conn *conn = TAILQ_FIRST(&server->conns);

	(void)fd;
	(void)what;
	while (conn) {
		struct conn *next = TAILQ_NEXT(conn, in_server);
		bool stuck = conn_has_unread(conn);

		if (stuck && conn->was_unread && conn->requests == conn->requests_then) {
			server_log_limited(server, LOG_WARNING,
				"disconnected a client of uid %u, pid %d: it does not read, and "
				"descriptors in flight are used up",
				(unsigned int)conn->peer.credentials.uid,
				(int)conn->peer.credentials.pid);
			conn_free(conn);
		} else {
			conn->was_unread = stuck;
			conn->requests_then = conn->requests;
		}
		conn = next;
	}
}

void server_relieve(struct server *server)
{
	if (!event_pending(&server->relief, EV_TIMEOUT, NULL))
		event_add(&server->relief, &relief_pause);
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
	TAILQ_INIT(&server->conns);
	TAILQ_INIT(&server->silent);
	evtimer_assign(&server->accept_again, base, accept_again, server);
	evtimer_assign(&server->login_over, base, login_over, server);
	evtimer_assign(&server->relief, base, relieve, server);
	event_assign(&server->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conn, server);
	return event_add(&server->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

void server_deinit(struct server *server)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&server->conns)))
		conn_free(conn);
	event_del(&server->acceptable);
	event_del(&server->accept_again);
	event_del(&server->login_over);
	event_del(&server->relief);
}
