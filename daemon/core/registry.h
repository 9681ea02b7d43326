/* SPDX-License-Identifier: MIT */
/*
 * All segments, by name, by number, by token, and by when they go. Trees, so that no name a stranger
 * picks can make a look-up slow, and so that a list can be resumed after any number.
 *
 * A segment that must not stay without a holder gets a deadline when its last one has gone, and
 * loses it when one comes; registry_expire removes what is due.
 */
#ifndef PRSHM_DAEMON_CORE_REGISTRY_H
#define PRSHM_DAEMON_CORE_REGISTRY_H

#include "daemon/core/counters.h"
#include "daemon/core/segment.h"
#include "daemon/core/watch.h"

RB_HEAD(names, segment);
RB_HEAD(numbers, segment);
RB_HEAD(tokens, segment);
RB_HEAD(deadlines, segment);

struct registry {
	struct names by_name;     /* segment::by_name */
	struct numbers by_number; /* segment::by_number */
	struct tokens by_token;   /* segment::by_token */
	struct deadlines by_deadline; /* segment::by_deadline */
	struct watches watches;
	SLIST_HEAD(, segment) gone; /* segment::in_gone: to be freed by registry_settle */
	uint64_t last_number;
	size_t count; /* segments in by_number */
	uint64_t handles; /* that are open */
	struct counters *counters; /* borrowed: where opens, closes and expiries count */
	uint64_t now; /* nanoseconds since 1970; set by the shell before anything happens */
	uint64_t (*clock)(void); /* nanoseconds, CLOCK_MONOTONIC; a test's own where it likes */
	uint64_t time; /* what it said in this request; 0: it was not asked */
	/* A name went because nobody held its segment; may be NULL. */
	void (*on_expired)(void *data, const struct segment *segment);
	void *on_expired_data;
	void (*on_gone)(void *data, const struct segment *segment); /* before it is freed; or NULL */
	void *on_gone_data;
};

void registry_init(struct registry *registry, struct counters *counters);
void registry_deinit(struct registry *registry); /* frees all; no segment may have holders */

struct segment *registry_find(struct registry *registry, const char *name, size_t length);
struct segment *registry_find_number(struct registry *registry, uint64_t number);
struct segment *registry_find_token(struct registry *registry, const struct token *token);
/* The segment with the smallest number above after, or NULL. */
struct segment *registry_next(struct registry *registry, uint64_t after);

/*
 * Takes the segment, gives it a number and its name, which must be free. An anonymous one has to be
 * held right after.
 */
void registry_add(struct registry *registry, struct segment *segment);
/* Takes one that has its number and its deadline already; its name may be gone. */
void registry_restore(struct registry *registry, struct segment *segment, bool named);
/* Sets the name free. The segment goes too if nobody holds it. */
void registry_remove_name(struct registry *registry, struct segment *segment);

/* To be called when a segment got its first holder, and when its last one has gone: it may go too. */
void registry_held(struct registry *registry, struct segment *segment);
void registry_unheld(struct registry *registry, struct segment *segment);

/* Nanoseconds, CLOCK_MONOTONIC: the same from the first call in a request until it is settled. */
uint64_t registry_time(struct registry *registry);
/* For those who watch. who: by whom; NULL: by nobody. */
static inline void registry_note(struct registry *registry, enum wire_event_kind kind,
	const struct segment *segment, const struct credentials *who)
{
	if (registry->watches.kinds & kind)
		watches_write(&registry->watches, kind, segment, who, registry->now);
}

/*
 * Ends a request: frees what has gone in it. Not before, for the journal tells of it first; on_gone
 * is called for each.
 */
void registry_settle(struct registry *registry);

/* When the next segment is due (nanoseconds, CLOCK_MONOTONIC), or 0; and removing all that are. */
uint64_t registry_deadline(struct registry *registry);
void registry_expire(struct registry *registry);

#endif
