/* SPDX-License-Identifier: MIT */
/*
 * Parked handles: handles that a client has closed in its page, and may take back without a message
 * (wire/ring.h). For the broker a parked handle is still open. The rules:
 * (1) A new handle may be parked if nobody could tell: the segment has a name, is kept without
 *     linger, is small, and nobody who may see the segment watches its handles.
 * (2) Before a segment changes in a way that matters to its next open, its handles are swept:
 *     frozen, and closed if they are parked. So no client takes back what the broker would refuse.
 * (3) Requests that only tell of handles skip the parked ones.
 * (4) The closes of a sweep are committed before anything that follows: the change itself, and the
 *     next use of a freed number. Until then the page shows that the handle was parked and frozen,
 *     and the next broker closes it.
 */
#ifndef PRSHM_DAEMON_CORE_PARK_H
#define PRSHM_DAEMON_CORE_PARK_H

#include "daemon/core/broker.h"

/* For a new handle, before its record is written: says in the page whether it may be parked. */
void park_give_out(struct broker *broker, struct holder *holder);

/* How many handles of the segment, or of all, are parked. */
uint32_t park_count(struct segment *segment);
uint64_t park_count_all(struct broker *broker);
bool park_holds(const struct holder *holder); /* whether this one is parked */

/* To be called before the segment loses its name, or its owner or rights change. */
void park_sweep(struct broker *broker, struct segment *segment);
/* Of all segments whose handles that watcher may be told of. */
void park_sweep_watched(struct broker *broker, const struct watcher *watcher);
/* Whether park_release would make room. */
bool park_can_release(struct broker *broker, struct account *account, const struct refusal *why);
/*
 * Before a refusal for handles: of all whose handles count; and no free handle is charged any more.
 */
void park_release(struct broker *broker, struct account *account, const struct refusal *why);

/* After a take-over: closes what the last broker had claimed, and goes on with the rest. */
void park_take_over(struct broker *broker);

#endif
