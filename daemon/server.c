/* SPDX-License-Identifier: MIT */
/*
 * After each change, sets the timer to the first deadline of a segment, and calls on_change if the
 * number of segments or connections is another.
 */
#include "daemon/server.h"

#include <event2/event.h>
#include <limits.h>

#include "base/log.h"
#include "daemon/conn.h"
#include "daemon/core/drain.h"
#include "daemon/core/park.h"
#include "daemon/core/rewrite.h"
#include "daemon/core/succession.h"
#include "daemon/core/unsealed.h"

static const struct timeval sweep_pause = {.tv_sec = 1};

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

/* While there is a segment whose size is not fixed, broker_sweep is due once a second. */
static void watch_unsealed(struct server *server)
{
	if (!TAILQ_EMPTY(&server->broker->registry.unsealed) &&
		!event_pending(&server->sweep, EV_TIMEOUT, NULL))
		event_add(&server->sweep, &sweep_pause);
}

static void changed(void *data)
{
	struct server *server = data;
	const uint64_t connections = connections_count(&server->connections);
	const size_t segments = server->broker->registry.count;

	watch_expiry(server);
	watch_unsealed(server);
	rewrite_tend(server->broker);
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

static void sweep_due(int fd, short what, void *data)
{
	struct server *server = data;

	(void)fd;
	(void)what;
	connections_set_time(&server->connections);
	broker_sweep(server->broker);
	changed(server);
}

/* Any process with a descriptor may have changed the size: name the last one that is known. */
static void log_outgrown(void *data, const struct segment *segment, uint64_t size)
{
	struct server *server = data;

	client_log_write(&server->connections.log, segment->charges[0].account, LOG_WARNING,
		"\"%.*s\" of uid %u is gone: its memory is %ju bytes large, which is over a limit; "
		"the last process that opened it has uid %u, pid %u",
		(int)segment->name_length, segment->name, (unsigned int)segment->rights.uid,
		(uintmax_t)size,
		segment->opener.known ? (unsigned int)segment->opener.uid : UINT_MAX,
		segment->opener.pid);
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
	*server = (struct server){.base = base, .broker = broker};
	connections_init(&server->connections, base, broker, login_seconds);
	server->connections.on_change = changed;
	server->connections.on_change_data = server;
	watch_rounds_init(&server->rounds, base, broker);
	server->connections.rounds = &server->rounds;
	evtimer_assign(&server->expiry, base, expiry_due, server);
	evtimer_assign(&server->sweep, base, sweep_due, server);
	broker->registry.on_outgrown = log_outgrown;
	broker->registry.on_outgrown_data = server;
	broker->registry.on_expired = log_expired;
	broker->registry.on_expired_data = server;
	connections_set_time(&server->connections);
	return acceptor_init(&server->acceptor, &server->connections, fd);
}

void server_deinit(struct server *server)
{
	connections_deinit(&server->connections);
	acceptor_deinit(&server->acceptor);
	event_del(&server->expiry);
	event_del(&server->sweep);
	watch_rounds_deinit(&server->rounds);
}
