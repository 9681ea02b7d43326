/* SPDX-License-Identifier: MIT */
/*
 * All connections: accepts them, bounds how many there are, ends those that never say anything, and
 * keeps one client's unread replies from stopping the others'.
 */
#ifndef PRSHM_DAEMON_SERVER_H
#define PRSHM_DAEMON_SERVER_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "daemon/broker.h"

struct conn;
struct event_base;

struct server_options {
	unsigned int connections;   /* at most, at once */
	unsigned int login_seconds; /* for a connection's first request */
};

struct server {
	struct event_base *base; /* borrowed */
	struct broker *broker;   /* borrowed */
	struct server_options options;
	int fd;                        /* borrowed: the listening socket */
	TAILQ_HEAD(, conn) conns;      /* conn::in_server */
	TAILQ_HEAD(, conn) silent;     /* conn::in_silent, oldest first */
	unsigned int conn_count;
	struct event acceptable;
	struct event accept_again; /* while accepting is paused */
	struct event login_over;   /* while anyone is silent */
	struct event relief;       /* while in-flight descriptors are short */
	unsigned int limited_lines; /* in the current minute */
	time_t limited_minute;
	void (*on_change)(void *data); /* something countable changed; may be NULL */
	void *on_change_data;
};

/* 0 or a negative errno. */
int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	const struct server_options *options);
void server_deinit(struct server *server); /* ends all connections */

/* For conn.c. */
void server_add_conn(struct server *server, struct conn *conn);
void server_remove_conn(struct server *server, struct conn *conn);
void server_conn_spoke(struct server *server, struct conn *conn);
void server_changed(struct server *server);
/*
 * Descriptors in flight count against us, whoever does not read them (unix(7), ETOOMANYREFS): soon
 * ends the connections that have had an unread reply and not moved for a second.
 */
void server_relieve(struct server *server);
/* Few a minute: a client that connects again and again must not fill the log. */
__attribute__((format(printf, 3, 4))) void server_log_limited(
	struct server *server, int priority, const char *format, ...);

#endif
