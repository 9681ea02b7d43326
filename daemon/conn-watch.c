/* SPDX-License-Identifier: MIT */
/*
 * Telling watchers what happened. In a round each gets one message at most, with as many events as
 * fit; it begins 10 ms after something happened, goes on for but a moment in each turn of the loop,
 * about as long as a request takes, and is followed by a rest of four times as long as it took. So
 * a thousand watchers leave the clients most of the time, and who wants more than can be told in
 * the rest of it has an overflow. A watcher that does not read waits outside, and nothing is kept
 * for it but its place in the ring.
 */
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "daemon/server.h"

/* Nanoseconds: of a turn; from what happens to the round that tells it; and between two rounds. */
#define TURN     ((uint64_t)10000)
#define PAUSE    ((uint64_t)10000000)
#define REST_MAX ((uint64_t)40000000)
#define REST     4 /* times as long as the round took */

static const struct timeval at_once = {0};

bool conn_watch_is_blocked(const struct conn *conn)
{
	const struct watcher *watcher = conn->peer->watcher;

	return watcher && watcher->blocked;
}

/* 0, or a negative errno: it was not sent. */
static int send_events(const struct conn *conn, const struct reply *reply)
{
	struct wire_message message; /* not zeroed: 4 KiB, each time */

	if (!reply->expected)
		return 0;
	if (!wire_encode_reply(&reply->wire, &message))
		return -EPROTO;
	return wire_send(conn->fd, &message, MSG_DONTWAIT);
}

/* One message, if there is anything; what is left then is for another round. */
static void tell(struct conn *conn)
{
	struct server *server = conn->server;
	struct watcher *watcher = conn->peer->watcher;
	struct reply reply;
	uint64_t next;
	int error;

	if (conn->pending) { /* the answer to its own request first */
		watcher->blocked = true;
		return;
	}
	next = broker_tell_watcher(server->broker, watcher, &reply);
	error = send_events(conn, &reply);
	if (error == 0) {
		watcher->next = next;
		if (next < server->broker->registry.watches.end)
			server->watch_behind = true;
	} else if (error == -EAGAIN || error == -EINTR) {
		watcher->blocked = true;
		if (!conn_wait(conn, EV_WRITE))
			conn_end(conn);
	} else {
		conn_end(conn); /* it has gone */
	}
}

/* After the pause, and not before the rest is over. */
static void await_round(struct server *server, uint64_t pause)
{
	const uint64_t now = server->broker->registry.clock();
	struct timeval wait = {0};

	if (server->watch_rest > now + pause)
		pause = server->watch_rest - now;
	wait.tv_usec = (suseconds_t)(pause / 1000);
	event_add(&server->watch_round, &wait);
}

static void end_round(struct server *server)
{
	const uint64_t now = server->broker->registry.clock();
	const uint64_t rest = REST * (now - server->watch_begun);

	server->watch_begun = 0;
	server->watch_rest = now + (rest < REST_MAX ? rest : REST_MAX);
	if (server->watch_behind)
		await_round(server, 0);
	else if (server->broker->registry.watches.fresh)
		await_round(server, PAUSE);
}

static void take_turns(int fd, short what, void *data)
{
	struct server *server = data;
	const uint64_t begun = server->broker->registry.clock();
	struct watcher *watcher;

	(void)fd;
	(void)what;
	do {
		watcher = watches_take_turn(&server->broker->registry.watches);
		if (!watcher) {
			end_round(server);
			return;
		}
		if (!watcher->blocked)
			tell(watcher->data);
	} while (server->broker->registry.clock() - begun < TURN);
	event_add(&server->watch_turn, &at_once);
}

static void begin_round(int fd, short what, void *data)
{
	struct server *server = data;

	server->watch_begun = server->broker->registry.clock();
	server->watch_behind = false;
	watches_begin_round(&server->broker->registry.watches);
	take_turns(fd, what, server);
}

/* Something has happened; a round that is on looks for that when it ends. */
static void note_fresh(void *data)
{
	struct server *server = data;

	if (server->watch_begun == 0)
		await_round(server, PAUSE);
}

void conn_watch_go_on(struct conn *conn)
{
	struct server *server = conn->server;

	conn->peer->watcher->blocked = false;
	if (!conn_wait(conn, EV_READ))
		conn_end(conn);
	else if (server->watch_begun == 0)
		await_round(server, 0);
	else
		server->watch_behind = true;
}

void conn_watch_init(struct server *server)
{
	struct watches *watches = &server->broker->registry.watches;

	evtimer_assign(&server->watch_round, server->base, begin_round, server);
	evtimer_assign(&server->watch_turn, server->base, take_turns, server);
	watches->on_fresh = note_fresh;
	watches->on_fresh_data = server;
}

void conn_watch_deinit(struct server *server)
{
	server->broker->registry.watches.on_fresh = NULL;
	event_del(&server->watch_round);
	event_del(&server->watch_turn);
}
