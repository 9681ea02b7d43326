/* SPDX-License-Identifier: MIT */
/* Makes messages for a watcher, of those events that it wants and may see. */
#include "daemon/core/tell.h"

#include "daemon/core/request.h"

/*
 * How many events are read for one message, wanted or not: a watcher must not stall other clients.
 */
#define SCAN_MAX 256

static bool may_see(
	const struct broker *broker, const struct credentials *who, const struct happening *it)
{
	const struct rights rights = {
		.uid = it->uid,
		.gid = it->gid,
		.mode = it->mode,
		.entries = (struct wire_entry *)it->entries,
		.entry_count = it->entry_count,
	};

	return broker_shows(broker, who, &rights);
}

static bool put(struct reply *reply, const struct wire_event *event, const char *name)
{
	const size_t room = WIRE_MESSAGE_MAX - (size_t)WIRE_SIZE_header - (size_t)WIRE_SIZE_watched;

	if (!wire_put_event(reply->tail, room, &reply->wire.tail_length, event, name))
		return false;
	reply->wire.watched.count++;
	return true;
}

/* Tells that events were lost: the backlog has dropped them before this watcher was told. */
static uint64_t put_overflow(const struct registry *registry, struct reply *reply)
{
	const struct wire_event event = {
		.time = registry->now,
		.kind = WIRE_EVENT_OVERFLOW,
		.uid = UINT32_MAX,
	};

	put(reply, &event, "");
	return registry->watches.end;
}

static uint64_t put_events(
	const struct broker *broker, const struct watcher *watcher, struct reply *reply)
{
	const struct watches *watches = &broker->registry.watches;
	const struct happening *happening;
	uint64_t at = watcher->next;
	uint64_t after = at;

	for (int scanned = 0; scanned < SCAN_MAX; scanned++) {
		happening = watches_read(watches, &after);
		if (!happening)
			return after;
		if (watcher_wants(watcher, happening) && may_see(broker, watcher->who, happening) &&
			!put(reply, &happening->event,
				(const char *)(happening->entries + happening->entry_count)))
			return at;
		at = after;
	}
	return at;
}

uint64_t broker_tell_watcher(
	const struct broker *broker, const struct watcher *watcher, struct reply *reply)
{
	const struct wire_header request = {.op = WIRE_OP_WATCH, .serial = watcher->serial};
	const struct watches *watches = &broker->registry.watches;
	uint64_t next;

	reply_init(reply);
	reply->wire.tail = reply->tail;
	next = watcher->next < watches->oldest ? put_overflow(&broker->registry, reply)
					       : put_events(broker, watcher, reply);
	reply_finish(reply, &request, STATUS_OK);
	reply->expected = reply->wire.watched.count > 0;
	return next;
}
