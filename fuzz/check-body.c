/* SPDX-License-Identifier: MIT */
/* Bodies and tails of replies; check-body.h tells the idea. */
#include "fuzz/check-body.h"

#include <string.h>

static const char *check_list(const struct wire_reply *reply)
{
	uint32_t count = 0;
	size_t at = 0;
	struct wire_stated entry;
	const char *name;

	while (wire_get_entry(reply->tail, reply->tail_length, &at, &entry, &name)) {
		if (entry.name_length > 0 && wire_check_name(name, entry.name_length) != STATUS_OK)
			return "a listed name is none";
		count++;
	}
	if (at != reply->tail_length)
		return "a list has bytes after its entries";
	return count == reply->listed.count ? NULL : "a list has not the entries it counts";
}

static const char *check_text(const struct wire_reply *reply)
{
	if (reply->explained.allowed > 1)
		return "an answer is neither yes nor no";
	if (reply->tail_length == 0)
		return "nothing is explained";
	return memchr(reply->tail, '\0', reply->tail_length) ? "an explanation has a NUL" : NULL;
}

static const char *check_outcomes(const struct wire_reply *reply)
{
	uint32_t count = 0;
	size_t at = 0;
	size_t opened = 0;
	struct wire_outcome outcome;

	for (; wire_get_outcome(reply->tail, reply->tail_length, &at, &outcome); count++)
		opened += outcome.status == STATUS_OK;
	if (at != reply->tail_length || count != reply->opened_many.count)
		return "it has not the outcomes it counts";
	return opened == reply->header.fds ? NULL : "not a descriptor for each open";
}

static const char *check_view(const struct wire_reply *reply)
{
	struct wire_viewed viewed;
	size_t at = 0;

	if (reply->tail_length == 0)
		return NULL;
	if (!wire_get_viewed(reply->tail, reply->tail_length, &at, &viewed) ||
		at != reply->tail_length)
		return "an open tells more than a view";
	return viewed.mode > 0777 ? "a view has a mode that cannot be" : NULL;
}

const char *check_body(const struct wire_reply *reply)
{
	switch (reply->header.op) {
	case WIRE_OP_LIST:
		return check_list(reply);
	case WIRE_OP_EXPLAIN:
		return check_text(reply);
	case WIRE_OP_OPEN:
		return check_view(reply);
	case WIRE_OP_OPEN_MANY:
		return check_outcomes(reply);
	case WIRE_OP_WATCH:
		if (reply->watched.count != 0 || reply->tail_length != 0)
			return "who begins to watch is told something";
		break;
	case WIRE_OP_STAT:
		if (reply->tail_length != (size_t)reply->stated.entry_count * WIRE_SIZE_entry)
			return "a segment has not the entries it counts";
		break;
	}
	return NULL;
}
