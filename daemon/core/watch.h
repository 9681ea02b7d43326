/* SPDX-License-Identifier: MIT */
/*
 * Who wants to hear what happens to segments, and what has happened. All watchers share one backlog of
 * happenings, each with what it takes to tell later who may see it; a watcher has a place in the backlog.
 * A watcher that falls behind by the whole backlog is told that, and goes on from the end.
 *
 * Nobody is told within the request that makes something happen: rounds go through all watchers, a
 * few at a time, and the shell says when one begins. Without a watcher nothing is written down.
 */
#ifndef PRSHM_DAEMON_CORE_WATCH_H
#define PRSHM_DAEMON_CORE_WATCH_H

#include "daemon/core/segment.h"

#define BACKLOG_BYTES ((uint64_t)1 << 20) /* some 10,000 happenings, while anybody watches */
#define WATCH_CLOSES     (WIRE_EVENT_CLOSED | WIRE_EVENT_UNUSED)
#define WATCH_KINDS      7                   /* bits of enum wire_event_kind, but for OVERFLOW */

/* What happened, and the segment's rights at that time. */
struct happening {
	uint32_t length;      /* bytes in the backlog, with entries and name: a multiple of 8 */
	uint32_t entry_count; /* or watch.c's FILLER: nothing, up to the backlog's end */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t reserved;
	struct wire_event event;     /* as it goes out */
	struct wire_entry entries[]; /* then the name */
};

/* What the shell notes of a watcher. The core never looks at it; in a new watcher all is 0. */
struct shell_watcher {
	void *conn;   /* borrowed: the connection */
	bool blocked; /* it does not read what it was sent */
};

struct watcher {
	const struct credentials *who; /* borrowed: the peer's */
	struct charge charge;          /* one watch */
	uint64_t next;                 /* where in the backlog it goes on */
	uint32_t kinds;                /* a set of enum wire_event_kind */
	uint32_t serial;               /* of its request */
	bool exact;                    /* the prefix is the name */
	struct shell_watcher shell;
	TAILQ_ENTRY(watcher) in_all;   /* watches::all */
	size_t prefix_length;
	char prefix[];
};

struct watches {
	TAILQ_HEAD(, watcher) all;
	uint32_t kinds;               /* that anybody wants; 0: nobody is there */
	uint32_t wanted[WATCH_KINDS]; /* by how many */
	size_t common; /* bytes that all prefixes begin with; never grows while anybody is there */
	uint8_t *backlog; /* owned, BACKLOG_BYTES of it; NULL without watchers */
	uint64_t oldest;              /* where the oldest happening is, */
	uint64_t end;                 /* and the next one will be: both modulo BACKLOG_BYTES */
	struct watcher *turn;         /* whose it is next in this round; NULL: it is over */
	bool fresh;                   /* something has happened since the last round began, */
	void (*on_fresh)(void *data); /* which is told once; may be NULL */
	void *on_fresh_data;
};

void watches_init(struct watches *watches);
void watches_deinit(struct watches *watches); /* after all watchers */

/* OK, NO_RESOURCES or NO_MEMORY. It hears of what happens from now on. */
enum status watcher_new(struct watches *watches, const struct wire_request *request,
	const struct credentials *who, struct account *account, struct watcher **out,
	struct refusal *why);
/* Takes NULL, returns NULL. */
struct watcher *watcher_free(struct watches *watches, struct watcher *watcher);

/* Where somebody wants that kind. who: by whom; NULL: by nobody. now: nanoseconds since 1970. */
void watches_write(struct watches *watches, enum wire_event_kind kind,
	const struct segment *segment, const struct credentials *who, uint64_t now);

/* The happening at *at, which moves behind it; NULL at the end. *at is not before the oldest. */
const struct happening *watches_read(const struct watches *watches, uint64_t *at);
/* Whether the watcher asked for that, whoever may see it. */
bool watcher_wants(const struct watcher *watcher, const struct happening *happening);

/* A round: whoever is there gets a turn. */
void watches_begin_round(struct watches *watches);
struct watcher *watches_take_turn(struct watches *watches); /* NULL: the round is over */

#endif
