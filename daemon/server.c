/* SPDX-License-Identifier: MIT */
/*
 * Accepts connections. After each change, sets the timer to the first deadline of a segment, and
 * calls on_change if the number of segments or connections is another.
 */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "daemon/conn.h"
#include "daemon/core/drain.h"
#include "daemon/core/park.h"
#include "daemon/core/succession.h"

#define ACCEPTS_A_TURN 64

static const struct timeval accept_pause = {.tv_usec = 100000};

/* The timer follows the first deadline; most of the time there is none. */
static void watch_expiry(struct server *server)
{
	const uint64_t deadline = broker_deadline(server->broker);
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

static void changed(void *data)
{
	struct server *server = data;
	const uint64_t connections = connections_count(&server->connections);
	const size_t segments = server->broker->registry.count;

	watch_expiry(server);
	if (server->told_connections == connections && server->told_segments == segments)
		return;
	server->told_connections = connections;
	server->told_segments = segments;
	if (server->on_change)
		server->on_change(server->on_change_data);
}

static void expiry_due(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	server->expiry_deadline = 0;
	connections_set_time(&server->connections);
	broker_expire(server->broker);
	changed(server);
}

static void log_expired(void *data, const struct segment *segment, enum expiry why)
{
	static const char *const reasons[] = {
		[EXPIRY_UNUSED] = "nobody holds it, and its lifetime is until-unused",
		[EXPIRY_LINGER] = "nobody holds it, and its linger time has passed",
		[EXPIRY_LEFT] = "its owner is a dynamic user, who has left",
	};
	struct server *server = data;

	client_log_write(&server->connections.log, segment->charges[0].account, LOG_INFO,
		"\"%.*s\" of uid %u is gone: %s", (int)segment->name_length, segment->name,
		(unsigned int)segment->rights.uid, reasons[why]);
}

/* Accepting is tried again ten times a second, but the trouble is logged once. */
static void pause_accepting(struct server *server, const char *why)
{
	if (!server->accept_trouble)
		client_log_write(&server->connections.log, NULL, LOG_WARNING,
			"new connections have to wait: %s", why);
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

/* False: no other connection waits in the backlog, or none can be accepted now. */
static bool accept_conn(struct server *server)
{
	int fd;
	int error;

	if (!connections_make_room(&server->connections)) {
		pause_accepting(server, "there are as many as there may be");
		return false;
	}
	fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		server->accept_trouble = false;
		error = conn_new(&server->connections, fd);
		if (error < 0 && error != -EDQUOT)
			client_log_write(&server->connections.log, NULL, LOG_ERR,
				"new connection: %s", strerror(-error));
		return true;
	}
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return false;
	default: /* EMFILE, ENFILE, ENOMEM: still readable, so do not poll for a while */
		pause_accepting(server, strerror(errno));
		return false;
	}
}

/* Do not evict a connection unless another one waits in the backlog. */
static bool is_awaited(const struct server *server)
{
	struct pollfd wait = {.fd = server->fd, .events = POLLIN};

	return poll(&wait, 1, 0) > 0;
}

/*
 * Several in a turn of the event loop. A turn takes as long as there are clients with requests, and
 * behind a flood of connections a newcomer would wait a turn for each of them.
 */
static void accept_conns(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN && is_awaited(server) && accept_conn(server); i++)
		;
}

int server_take_over(struct server *server)
{
	struct peer *peer = NULL;
	uint64_t after = 0;
	int error = 0;

	park_take_over(server->broker);
	broker_drain_all(server->broker);
	succession_commit(server->broker);
	while (error == 0 && (peer = peers_next(&server->broker->peers, after))) {
		after = peer->number;
		error = conn_take_over(&server->connections, peer);
	}
	connections_apply_limits(&server->connections);
	changed(server);
	return error;
}

int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	unsigned int login_seconds)
{
	*server = (struct server){.base = base, .broker = broker, .fd = fd};
	connections_init(&server->connections, base, broker, login_seconds);
	server->connections.on_change = changed;
	server->connections.on_change_data = server;
	watch_rounds_init(&server->rounds, base, broker);
	server->connections.rounds = &server->rounds;
	evtimer_assign(&server->accept_again, base, accept_again, server);
	evtimer_assign(&server->expiry, base, expiry_due, server);
	broker->registry.on_expired = log_expired;
	broker->registry.on_expired_data = server;
	connections_set_time(&server->connections);
	event_assign(&server->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conns, server);
	return event_add(&server->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

void server_deinit(struct server *server)
{
	connections_deinit(&server->connections);
	event_del(&server->acceptable);
	event_del(&server->accept_again);
	event_del(&server->expiry);
	watch_rounds_deinit(&server->rounds);
}
