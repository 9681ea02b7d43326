/* SPDX-License-Identifier: MIT */
/*
 * Which handles somebody watches: a watcher covers the segment's name, and may see the segment. A
 * client that has such a handle is not quiet (peer_is_quiet): it closes with a message, so that the
 * watcher is told at once. All other clients close without one, whatever others watch.
 */
#ifndef PRSHM_DAEMON_CORE_WATCHED_H
#define PRSHM_DAEMON_CORE_WATCHED_H

#include "daemon/core/broker.h"

/* Whether this watcher may be told of the segment's handles. */
bool watched_by(
	const struct broker *broker, const struct watcher *watcher, const struct segment *segment);
/* Of WATCH_HANDLES, what any watcher may be told of the segment. */
uint32_t watched_kinds(const struct broker *broker, struct segment *segment);

/* Before a handle is given out: counts it, and those that there are, in peer::told. */
void watched_look(const struct broker *broker, struct segment *segment);
/* After the segment's owner or rights have changed. What was closed before is drained before. */
void watched_look_again(struct broker *broker, struct segment *segment);
/* When a watcher of closes has come, and before one goes, which gets nothing from then on. */
void watched_begin(struct broker *broker, const struct watcher *watcher);
void watched_end(struct broker *broker, struct watcher *watcher);
/* When watchers may see other segments than before. */
void watched_look_at_all(struct broker *broker);

#endif
