/* SPDX-License-Identifier: MIT */
/*
 * Rounds of messages to watchers. One timer begins a round. Another timer goes on with the round in
 * each turn of the event loop. The end of a round sets the time before which no other round may
 * begin.
 */
#include "daemon/watch-rounds.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "daemon/core/tell.h"

/* Nanoseconds. */
#define TURN     ((uint64_t)10000)    /* of a round, in one turn of the loop */
#define PAUSE    ((uint64_t)10000000) /* from an event to the round that tells the watchers */
#define REST_MAX ((uint64_t)40000000) /* after a round */

#define REST 4 /* times the round's own duration */

static const struct timeval at_once = {0};

bool watch_rounds_is_blocked(const struct conn *conn)
{
	const struct watcher *watcher = conn->peer->watcher;

	return watcher && watcher->shell.blocked;
}

/* 0; or a negative errno: the message was not sent. */
static int send_events(const struct conn *conn, const struct reply *reply)
{
	struct wire_message message; /* not zeroed: 4 KiB, each time */

	if (!reply->expected)
		return 0;
	if (!wire_encode_reply(&reply->wire, &message))
		return -EPROTO;
	return wire_send(conn->peer->fd, &message, MSG_DONTWAIT);
}

/* One message, if there is anything to tell. The next round tells what did not fit. */
static void tell(struct watch_rounds *rounds, struct conn *conn)
{
	struct watcher *watcher = conn->peer->watcher;
	struct reply reply;
	uint64_t next;
	int error;

	if (conn->pending) { /* the reply to WATCH must be sent first */
		watcher->shell.blocked = true;
		return;
	}
	next = broker_tell_watcher(rounds->broker, watcher, &reply);
	error = send_events(conn, &reply);
	if (error == 0) {
		watcher->next = next;
		if (next < rounds->broker->registry.watches.end)
			rounds->behind = true;
	} else if (error == -EAGAIN || error == -EINTR) {
		watcher->shell.blocked = true;
		if (!connections_wait(conn, EV_WRITE, NULL))
			connections_end(conn);
	} else {
		connections_end(conn); /* the client has gone */
	}
}

/* Begins a round after the pause, or at round_not_before if that is later. */
static void await_round(struct watch_rounds *rounds, uint64_t pause)
{
	const uint64_t now = rounds->broker->registry.clock();
	struct timeval wait = {0};

	if (rounds->round_not_before > now + pause)
		pause = rounds->round_not_before - now;
	wait.tv_usec = (suseconds_t)(pause / 1000);
	event_add(&rounds->begin, &wait);
}

static void end_round(struct watch_rounds *rounds)
{
	const uint64_t now = rounds->broker->registry.clock();
	const uint64_t rest = REST * (now - rounds->begun);

	rounds->begun = 0;
	rounds->round_not_before = now + (rest < REST_MAX ? rest : REST_MAX);
	if (rounds->behind)
		await_round(rounds, 0);
	else if (rounds->broker->registry.watches.fresh)
		await_round(rounds, PAUSE);
}

static void take_turns(int fd, short what, void *data)
{
	struct watch_rounds *rounds = data;
	const uint64_t begun = rounds->broker->registry.clock();
	struct watcher *watcher;

	(void)fd;
	(void)what;
	do {
		watcher = watches_take_turn(&rounds->broker->registry.watches);
		if (!watcher) {
			end_round(rounds);
			return;
		}
		if (!watcher->shell.blocked)
			tell(rounds, watcher->shell.conn);
	} while (rounds->broker->registry.clock() - begun < TURN);
	event_add(&rounds->turn, &at_once);
}

static void begin_round(int fd, short what, void *data)
{
	struct watch_rounds *rounds = data;

	rounds->begun = rounds->broker->registry.clock();
	rounds->behind = false;
	watches_begin_round(&rounds->broker->registry.watches);
	take_turns(fd, what, rounds);
}

/* Something has happened. If a round is on, end_round will begin another one. */
static void note_fresh(void *data)
{
	struct watch_rounds *rounds = data;

	if (rounds->begun == 0)
		await_round(rounds, PAUSE);
}

void watch_rounds_go_on(struct conn *conn)
{
	struct watch_rounds *rounds = conn->connections->rounds;

	conn->peer->watcher->shell.blocked = false;
	if (!connections_wait(conn, EV_READ, NULL))
		connections_end(conn);
	else if (rounds->begun == 0)
		await_round(rounds, 0);
	else
		rounds->behind = true;
}

void watch_rounds_init(struct watch_rounds *rounds, struct event_base *base, struct broker *broker)
{
	struct watches *watches = &broker->registry.watches;

	*rounds = (struct watch_rounds){.broker = broker};
	evtimer_assign(&rounds->begin, base, begin_round, rounds);
	evtimer_assign(&rounds->turn, base, take_turns, rounds);
	watches->on_fresh = note_fresh;
	watches->on_fresh_data = rounds;
}

void watch_rounds_deinit(struct watch_rounds *rounds)
{
	rounds->broker->registry.watches.on_fresh = NULL;
	event_del(&rounds->begin);
	event_del(&rounds->turn);
}
