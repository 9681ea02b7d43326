/* SPDX-License-Identifier: MIT */
/*
 * All segments: by name, by number, by token, and by deadline. These are trees, not hash tables: so
 * nobody can choose names that make look-ups slow, and a list can go on after any number.
 *
 * Some segments must not stay long without a holder. Such a segment gets a deadline when its last
 * holder has gone, and loses the deadline when a new one comes. registry_expire removes the names
 * whose deadline has come.
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

enum expiry { EXPIRY_UNUSED, EXPIRY_LINGER, EXPIRY_LEFT };

struct registry {
	struct names by_name;         /* segment::by_name */
	struct numbers by_number;     /* segment::by_number */
	struct tokens by_token;       /* segment::by_token */
	struct deadlines by_deadline; /* segment::by_deadline */
	struct watches watches;
	TAILQ_HEAD(unsealed_list, segment) unsealed; /* segment::in_unsealed */
	SLIST_HEAD(, segment) gone; /* segment::in_gone; registry_settle frees them */
	uint64_t last_number;       /* the number of the newest segment */
	size_t count;               /* segments in by_number */
	uint64_t handles;           /* open handles of all peers */
	struct counters *counters;  /* borrowed; opens, closes and expiries are counted there */
	uint64_t now; /* nanoseconds since 1970; the shell sets this before each request */
	uint64_t (*clock)(void); /* nanoseconds, CLOCK_MONOTONIC; a test may set its own clock */
	uint64_t time;           /* what the clock said in this request; 0: it was not read yet */
	/* Called when a name is removed since the segment has no holder; may be NULL. */
	void (*on_expired)(void *data, const struct segment *segment, enum expiry why);
	void *on_expired_data;
	/* Called when a name is removed since the memory is over a limit; may be NULL. */
	void (*on_outgrown)(void *data, const struct segment *segment, uint64_t size);
	void *on_outgrown_data;
	/* Called before a segment is freed; may be NULL. */
	void (*on_gone)(void *data, const struct segment *segment);
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
 * Adds a new segment, which the registry owns from then on. It gets a number and its name, which
 * must be free. An anonymous segment must get a holder right after.
 */
void registry_add(struct registry *registry, struct segment *segment);
/* Adds a segment of the last broker, with its number and deadline. named: it still has its name. */
void registry_restore(struct registry *registry, struct segment *segment, bool named);
/* What becomes of an unsealed segment. */
void registry_seal(struct registry *registry, struct segment *segment, enum sealing sealing);
/* A name that nobody has, of segment_copy_name; or none: then the segment goes, without holders. */
void registry_rename(struct registry *registry, struct segment *segment, char *name, size_t length);
void registry_remove_name(struct registry *registry, struct segment *segment);
/*
 * To be called when a segment has got its first holder, and when its last holder has gone. The
 * second may remove the segment.
 */
void registry_held(struct registry *registry, struct segment *segment);
void registry_unheld(struct registry *registry, struct segment *segment);

/* Nanoseconds, CLOCK_MONOTONIC. Each call in one request returns the same time. */
uint64_t registry_time(struct registry *registry);
/* Tells the watchers what has happened. who: the client that did it; NULL: no client did. */
static inline void registry_note(struct registry *registry, enum wire_event_kind kind,
	const struct segment *segment, const struct credentials *who)
{
	if (registry->watches.kinds & kind)
		watches_write(&registry->watches, kind, segment, who, registry->now);
}

/*
 * Ends a request: frees the segments that were removed, and calls on_gone for each. They are not
 * freed before, since the journal must have the record first.
 */
void registry_settle(struct registry *registry);

/* The first deadline (nanoseconds, CLOCK_MONOTONIC), or 0: there is none. */
uint64_t registry_deadline(struct registry *registry);
/* Removes the names whose deadline has come. */
void registry_expire(struct registry *registry);
/* Removes the name of one that a dynamic user has left: dynamic-users.h. */
void registry_expire_left(struct registry *registry, struct segment *segment);

#endif
