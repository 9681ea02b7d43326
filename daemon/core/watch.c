/* SPDX-License-Identifier: MIT */
/* The watchers, and the backlog: the events that they are told. */
#include "daemon/core/watch.h"

#include <stdlib.h>
#include <string.h>

#define FILLER UINT32_MAX

/* All lengths are multiples of 8: so a filler always has room for length and entry_count. */
static_assert(BACKLOG_BYTES % 8 == 0 && sizeof(struct happening) % 8 == 0, "");

void watches_init(struct watches *watches)
{
	*watches = (struct watches){.version = 1};
	TAILQ_INIT(&watches->all);
}

void watches_deinit(struct watches *watches)
{
	assert(TAILQ_EMPTY(&watches->all));
	free(watches->backlog);
	*watches = (struct watches){0};
}

static bool make_backlog(struct watches *watches)
{
	if (!watches->backlog)
		watches->backlog = malloc(BACKLOG_BYTES);
	return watches->backlog;
}

static size_t common_length(const struct watcher *a, const struct watcher *b, size_t most)
{
	size_t length = 0;

	while (length < most && length < b->prefix_length && a->prefix[length] == b->prefix[length])
		length++;
	return length;
}

static void add(struct watches *watches, struct watcher *watcher)
{
	const struct watcher *first = TAILQ_FIRST(&watches->all);

	watches->common =
		first ? common_length(first, watcher, watches->common) : watcher->prefix_length;
	watches->kinds |= watcher->kinds;
	watches->version++;
	for (unsigned int bit = 0; bit < WATCH_KINDS; bit++)
		watches->wanted[bit] += watcher->kinds >> bit & 1;
	TAILQ_INSERT_TAIL(&watches->all, watcher, in_all);
}

enum status watcher_new(struct watches *watches, const struct wire_request *request,
	const struct credentials *who, struct account *account, struct watcher **out,
	struct refusal *why)
{
	struct charge charge = {0};
	enum status status = charge_init(&charge, account, RESOURCE_WATCHES, 1, why);
	struct watcher *watcher;

	if (status != STATUS_OK)
		return status;
	watcher = malloc(sizeof(*watcher) + request->name_length);
	if (!watcher || !make_backlog(watches)) {
		free(watcher);
		charge_deinit(&charge);
		return STATUS_NO_MEMORY;
	}
	*watcher = (struct watcher){
		.who = who,
		.charge = charge,
		.next = watches->end,
		.kinds = request->watch.events & ((1U << WATCH_KINDS) - 1),
		.serial = request->header.serial,
		.exact = request->watch.flags & WIRE_WATCH_EXACT,
		.prefix_length = request->name_length,
	};
	memcpy(watcher->prefix, request->name, request->name_length);
	add(watches, watcher);
	*out = watcher;
	return STATUS_OK;
}

void watcher_stop(struct watches *watches, struct watcher *watcher)
{
	if (watcher->stopped)
		return;
	watcher->stopped = true;
	if (watches->turn == watcher)
		watches->turn = TAILQ_NEXT(watcher, in_all);
	TAILQ_REMOVE(&watches->all, watcher, in_all);
	watches->version++;
	for (unsigned int bit = 0; bit < WATCH_KINDS; bit++) {
		watches->wanted[bit] -= watcher->kinds >> bit & 1;
		if (watches->wanted[bit] == 0)
			watches->kinds &= ~(1U << bit);
	}
	if (TAILQ_EMPTY(&watches->all)) {
		free(watches->backlog);
		watches->backlog = NULL;
		watches->oldest = watches->end;
	}
}

struct watcher *watcher_free(struct watches *watches, struct watcher *watcher)
{
	if (!watcher)
		return NULL;
	watcher_stop(watches, watcher);
	charge_deinit(&watcher->charge);
	free(watcher);
	return NULL;
}

static struct happening *happening_at(const struct watches *watches, uint64_t at)
{
	return (struct happening *)(watches->backlog + at % BACKLOG_BYTES);
}

/*
 * Makes room for that many bytes at the end of the backlog. The oldest entries are dropped for
 * that.
 */
static struct happening *append(struct watches *watches, uint32_t length)
{
	struct happening *happening = happening_at(watches, watches->end);

	while (watches->end + length - watches->oldest > BACKLOG_BYTES)
		watches->oldest += happening_at(watches, watches->oldest)->length;
	happening->length = length;
	watches->end += length;
	return happening;
}

static struct happening *append_whole(struct watches *watches, uint32_t length)
{
	const uint64_t rest = BACKLOG_BYTES - watches->end % BACKLOG_BYTES;

	if (rest < length)
		append(watches, (uint32_t)rest)->entry_count = FILLER;
	return append(watches, length);
}

/* Whether any watcher may want it. A segment that has lost its name is hidden, as in LIST. */
static bool is_of_interest(const struct watches *watches, const struct segment *segment)
{
	if (!segment->named && !segment->anonymous)
		return false;
	return segment->name_length >= watches->common &&
	       memcmp(segment->name, TAILQ_FIRST(&watches->all)->prefix, watches->common) == 0;
}

void watches_write(struct watches *watches, enum wire_event_kind kind,
	const struct segment *segment, const struct credentials *who, uint64_t now)
{
	const struct rights *rights = &segment->rights;
	const size_t entries = rights->entry_count * sizeof(*rights->entries);
	const size_t length = sizeof(struct happening) + entries + segment->name_length;
	const bool told = watches->fresh;
	struct happening *happening;

	if (!is_of_interest(watches, segment))
		return;
	happening = append_whole(watches, (uint32_t)(length + 7) & ~7U);
	happening->entry_count = rights->entry_count;
	happening->uid = rights->uid;
	happening->gid = rights->gid;
	happening->mode = rights->mode;
	happening->event = (struct wire_event){
		.time = now,
		.segment = segment->number,
		.size = segment->size,
		.kind = kind,
		.uid = who ? who->uid : UINT32_MAX,
		.pid = who ? (uint32_t)who->pid : 0,
		.name_length = (uint32_t)segment->name_length,
	};
	if (entries > 0)
		memcpy(happening->entries, rights->entries, entries);
	memcpy(happening->entries + rights->entry_count, segment->name, segment->name_length);
	watches->fresh = true;
	if (!told && watches->on_fresh)
		watches->on_fresh(watches->on_fresh_data);
}

const struct happening *watches_read(const struct watches *watches, uint64_t *at)
{
	while (*at < watches->end) {
		const struct happening *happening = happening_at(watches, *at);

		*at += happening->length;
		if (happening->entry_count != FILLER)
			return happening;
	}
	return NULL;
}

bool watcher_covers(const struct watcher *watcher, uint32_t kinds, const char *name, size_t length)
{
	if (!(watcher->kinds & kinds) || length < watcher->prefix_length ||
		(watcher->exact && length != watcher->prefix_length))
		return false;
	return memcmp(name, watcher->prefix, watcher->prefix_length) == 0;
}

bool watcher_wants(const struct watcher *watcher, const struct happening *happening)
{
	return watcher_covers(watcher, happening->event.kind,
		(const char *)(happening->entries + happening->entry_count),
		happening->event.name_length);
}

void watches_begin_round(struct watches *watches)
{
	watches->turn = TAILQ_FIRST(&watches->all);
	watches->fresh = false;
}

struct watcher *watches_take_turn(struct watches *watches)
{
	struct watcher *watcher = watches->turn;

	if (watcher)
		watches->turn = TAILQ_NEXT(watcher, in_all);
	return watcher;
}
