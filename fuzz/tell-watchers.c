/* SPDX-License-Identifier: MIT */
/* What the event loop does for watchers, where each message goes out at once. */
#include "fuzz/tell-watchers.h"

#include "daemon/core/tell.h"

static const char *check_events(const struct wire_reply *reply)
{
	struct wire_event event;
	const char *name;
	size_t at = 0;
	uint32_t count = 0;

	while (wire_get_event(reply->tail, reply->tail_length, &at, &event, &name)) {
		if (event.name_length > 0 && wire_check_name(name, event.name_length) != STATUS_OK)
			return "an event's name is none";
		count++;
	}
	if (at != reply->tail_length || count != reply->watched.count)
		return "there are not the events that are counted";
	return NULL;
}

static const char *tell(struct broker *broker, struct watcher *watcher)
{
	struct wire_message message;
	struct wire_reply decoded;
	struct reply reply;
	const uint64_t next = broker_tell_watcher(broker, watcher, &reply);

	if (!wire_encode_reply(&reply.wire, &message) ||
		wire_decode_reply(message.bytes, message.length, &decoded) != STATUS_OK)
		return "events do not encode and decode";
	if (next < watcher->next)
		return "a watcher goes back";
	watcher->next = next;
	return check_events(&decoded);
}

const char *tell_watchers(struct broker *broker)
{
	struct watches *watches = &broker->registry.watches;
	struct watcher *watcher;
	const char *broken = NULL;

	watches_begin_round(watches);
	while (!broken && (watcher = watches_take_turn(watches))) {
		do {
			broken = tell(broker, watcher);
		} while (!broken && watcher->next < watches->end);
	}
	return broken;
}
