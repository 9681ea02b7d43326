/* SPDX-License-Identifier: MIT */
/*
 * All segments, by name and by number. Trees, so that no name a stranger picks can make a look-up
 * slow, and so that a list can be resumed after any number.
 */
#ifndef PRSHM_DAEMON_REGISTRY_H
#define PRSHM_DAEMON_REGISTRY_H

#include "daemon/segment.h"

RB_HEAD(names, segment);
RB_HEAD(numbers, segment);

struct registry {
	struct names by_name;     /* segment::by_name */
	struct numbers by_number; /* segment::by_number */
	uint64_t last_number;
	size_t count; /* segments in by_number */
};

void registry_init(struct registry *registry);
void registry_deinit(struct registry *registry); /* frees all; no segment may have holders */

struct segment *registry_find(struct registry *registry, const char *name, size_t length);
struct segment *registry_find_number(struct registry *registry, uint64_t number);
/* The segment with the smallest number above after, or NULL. */
struct segment *registry_next(struct registry *registry, uint64_t after);

/* Takes the segment, gives it a number and its name, which must be free. */
void registry_add(struct registry *registry, struct segment *segment);
/* Sets the name free. Frees the segment too if nobody holds it. */
void registry_remove_name(struct registry *registry, struct segment *segment);
/* To be called when a holder has gone: frees the segment if it has neither name nor holder. */
void registry_collect(struct registry *registry, struct segment *segment);

#endif
