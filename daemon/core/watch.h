/* SPDX-License-Identifier: MIT */
/*
 * The watchers, and the events for them. All watchers share one backlog. An entry of the backlog, a
 * happening, has an event and the segment's rights at that time: these tell later which watchers
 * may see the event. A watcher has a place in the backlog. A watcher that is slower than the whole
 * backlog is told that it has lost events, and goes on at the end.
 *
 * A request that causes an event does not tell the watchers itself. The shell begins a round, in
 * which each watcher gets a turn, a few at a time. Without watchers no events are written.
 */
#ifndef PRSHM_DAEMON_CORE_WATCH_H
#define PRSHM_DAEMON_CORE_WATCH_H

#include "daemon/core/segment.h"

#define BACKLOG_BYTES ((uint64_t)1 << 20) /* some 10,000 happenings */
#define WATCH_CLOSES  (WIRE_EVENT_CLOSED | WIRE_EVENT_UNUSED)
/* A watcher of these can tell a parked handle from a closed one. */
#define WATCH_HANDLES (WIRE_EVENT_OPENED | WATCH_CLOSES)
#define WATCH_KINDS   7 /* bits of enum wire_event_kind, but for OVERFLOW */

/* An event, and the segment's rights at that time. */
struct happening {
	uint32_t length;      /* bytes in the backlog, with entries and name: a multiple of 8 */
	uint32_t entry_count; /* FILLER (watch.c): this only fills the backlog up to its end */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t reserved;
	struct wire_event event;     /* as it is sent */
	struct wire_entry entries[]; /* the name follows them */
};

/* What the shell notes of a watcher. The core never looks at it; in a new watcher all is 0. */
struct shell_watcher {
	void *conn;   /* borrowed: the connection */
	bool blocked; /* the watcher does not read its messages */
};

struct watcher {
	const struct credentials *who; /* borrowed: the peer's */
	struct charge charge;          /* one watch */
	uint64_t next;                 /* the place in the backlog of the next event for it */
	uint32_t kinds;                /* a set of enum wire_event_kind */
	uint32_t serial;               /* of the WATCH request */
	bool exact;                    /* the prefix is a whole name */
	bool stopped;                  /* not in watches::all any more */
	struct shell_watcher shell;
	TAILQ_ENTRY(watcher) in_all; /* watches::all */
	size_t prefix_length;
	char prefix[];
};

struct watches {
	TAILQ_HEAD(, watcher) all;
	uint32_t kinds;   /* that any watcher wants */
	uint64_t version; /* of the set of watchers, and of what each may see; never 0 */
	uint32_t wanted[WATCH_KINDS]; /* how many watchers want this kind */
	size_t common;                /* this many bytes all prefixes have in common, at least */
	uint8_t *backlog;             /* owned; BACKLOG_BYTES; NULL without watchers */
	/* A place only grows; modulo BACKLOG_BYTES it is an index into the backlog. */
	uint64_t oldest;              /* place of the oldest happening */
	uint64_t end;                 /* place of the next happening */
	struct watcher *turn;         /* has the next turn in this round; NULL: the round is over */
	bool fresh;                   /* something has happened since the last round began */
	void (*on_fresh)(void *data); /* called once when fresh becomes true; may be NULL */
	void *on_fresh_data;
};

void watches_init(struct watches *watches);
void watches_deinit(struct watches *watches); /* after all watchers */

/* Adds a watcher, for what happens from now on. OK, NO_RESOURCES or NO_MEMORY. */
enum status watcher_new(struct watches *watches, const struct wire_request *request,
	const struct credentials *who, struct account *account, struct watcher **out,
	struct refusal *why);
/* nothing is for it any more */
void watcher_stop(struct watches *watches, struct watcher *watcher);
struct watcher *watcher_free(/* takes NULL, returns NULL */
	struct watches *watches, struct watcher *watcher);

/*
 * Writes an event into the backlog, if a watcher may want it. who: the client that caused it, or
 * NULL. now: nanoseconds since 1970.
 */
void watches_write(struct watches *watches, enum wire_event_kind kind,
	const struct segment *segment, const struct credentials *who, uint64_t now);

/* The happening at the place *at, which then moves behind it; NULL: the end. *at >= oldest. */
const struct happening *watches_read(const struct watches *watches, uint64_t *at);
/* Whether the watcher asked for any of these kinds, of segments with that name. */
bool watcher_covers(const struct watcher *watcher, uint32_t kinds, const char *name, size_t length);
/* The same of one event. Whether the watcher may see the event is not checked here. */
bool watcher_wants(const struct watcher *watcher, const struct happening *happening);

/* A round: each watcher gets one turn. */
void watches_begin_round(struct watches *watches);
struct watcher *watches_take_turn(struct watches *watches); /* NULL: the round is over */

#endif
