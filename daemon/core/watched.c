/* SPDX-License-Identifier: MIT */
/* Which handles somebody watches, and so whose client has to say when it closes one. */
#include "daemon/core/watched.h"

#include "daemon/core/drain.h"
#include "daemon/core/request.h"

bool watched_by(
	const struct broker *broker, const struct watcher *watcher, const struct segment *segment)
{
	return watcher_covers(watcher, WATCH_HANDLES, segment->name, segment->name_length) &&
	       broker_shows(broker, watcher->who, &segment->rights);
}

/* Found once for each set of watchers: a thousand of them must not slow each open. */
uint32_t watched_kinds(const struct broker *broker, struct segment *segment)
{
	const struct watches *watches = &broker->registry.watches;
	const struct watcher *watcher;

	if (!(watches->kinds & WATCH_HANDLES))
		return 0;
	if (segment->watched_in == watches->version)
		return segment->watched;
	segment->watched_in = watches->version;
	segment->watched = 0;
	TAILQ_FOREACH(watcher, &watches->all, in_all) {
		if (segment->watched == WATCH_HANDLES)
			break;
		if (watched_by(broker, watcher, segment))
			segment->watched |= watcher->kinds & WATCH_HANDLES;
	}
	return segment->watched;
}

static void tell(struct segment *segment, bool told)
{
	const struct holder *holder = NULL;

	if (segment->told == told)
		return;
	segment->told = told;
	for (holder = peer_next_holder(segment, 0, UINT32_MAX); holder;
		holder = peer_next_holder(segment, holder->peer->number, holder->handle))
		holder->peer->told += told ? 1U : -1U;
}

void watched_look(const struct broker *broker, struct segment *segment)
{
	tell(segment, watched_kinds(broker, segment) & WATCH_CLOSES);
}

/*
 * What the other watchers see does not change: to look at them all for each segment would take too
 * long.
 */
void watched_begin(struct broker *broker, const struct watcher *watcher)
{
	struct registry *registry = &broker->registry;
	struct segment *segment = NULL;

	while ((segment = registry_next(registry, segment ? segment->number : 0))) {
		if (!segment->told && watched_by(broker, watcher, segment))
			tell(segment, true);
	}
}

static bool are_closes_watched(const struct broker *broker, const struct segment *segment)
{
	const struct watcher *watcher;

	TAILQ_FOREACH(watcher, &broker->registry.watches.all, in_all) {
		if ((watcher->kinds & WATCH_CLOSES) && watched_by(broker, watcher, segment))
			return true;
	}
	return false;
}

void watched_end(struct broker *broker, struct watcher *watcher)
{
	struct registry *registry = &broker->registry;
	struct segment *segment = NULL;

	watcher_stop(&registry->watches, watcher);
	while ((segment = registry_next(registry, segment ? segment->number : 0))) {
		if (segment->told && watched_by(broker, watcher, segment))
			tell(segment, are_closes_watched(broker, segment));
	}
}

void watched_look_again(struct broker *broker, struct segment *segment)
{
	segment->watched_in = 0;
	watched_look(broker, segment);
	if (segment->told)
		broker_drain_holders(broker, segment);
}

void watched_look_at_all(struct broker *broker)
{
	struct registry *registry = &broker->registry;
	struct segment *segment = NULL;

	while ((segment = registry_next(registry, segment ? segment->number : 0)))
		watched_look(broker, segment);
}
