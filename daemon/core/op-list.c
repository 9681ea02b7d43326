/* SPDX-License-Identifier: MIT */
/* STAT and LIST: these tell about segments, and open none. */
#include <string.h>

#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/unsealed.h"

/* How many segments one LIST checks, visible or not: a long list must not stall other clients. */
#define LIST_SCAN_MAX 256

static uint16_t flags_of(const struct segment *segment)
{
	const unsigned int unsealed = segment->sealing == UNSEALED ? WIRE_SEGMENT_UNSEALED : 0U;

	if (segment->anonymous)
		return WIRE_SEGMENT_ANONYMOUS;
	return (uint16_t)(unsealed | (segment->named ? 0U : WIRE_SEGMENT_DELETED));
}

struct wire_stated describe_segment(struct segment *segment)
{
	return (struct wire_stated){
		.segment = segment->number,
		.size = segment->size,
		.used = segment_used(segment),
		.created = segment->created,
		.opened = segment->opened,
		.uid = segment->rights.uid,
		.gid = segment->rights.gid,
		.mode = segment->rights.mode,
		.holders = segment->holder_count - park_count(segment),
		.lifetime = (uint16_t)segment->lifetime,
		.flags = flags_of(segment),
		.linger = segment->linger,
		.entry_count = segment->rights.entry_count,
		.name_length = segment->name_length,
	};
}

enum status op_stat(const struct context *c)
{
	const struct rights *rights;
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status != STATUS_OK)
		return status;
	if (!is_visible(c, segment))
		return STATUS_NOT_FOUND;
	unsealed_look(c->broker, segment);
	if (!segment->named)
		return STATUS_NOT_FOUND;
	rights = &segment->rights;
	for (uint32_t i = 0; i < rights->entry_count; i++)
		wire_put_right(c->reply->tail, i, &rights->entries[i]);
	c->reply->wire.stated = describe_segment(segment);
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = rights->entry_count * (size_t)WIRE_SIZE_entry;
	return STATUS_OK;
}

/* A deleted segment has no prefix: another segment may have its name by now. */
static bool has_prefix(const struct segment *segment, const struct wire_request *request)
{
	if (request->name_length == 0)
		return true;
	return segment->named && segment->name_length >= request->name_length &&
	       memcmp(segment->name, request->name, request->name_length) == 0;
}

/*
 * The list is in the order of numbers: so the cursor of the next page cannot reveal a hidden name.
 */
enum status op_list(const struct context *c)
{
	const size_t room = WIRE_MESSAGE_MAX - (size_t)WIRE_SIZE_header - (size_t)WIRE_SIZE_listed;
	struct registry *registry = &c->broker->registry;
	struct wire_listed *listed = &c->reply->wire.listed;
	struct segment *segment;
	size_t used = 0;

	segment = registry_next(registry, c->request->list.after);
	*listed = (struct wire_listed){.next = c->request->list.after};
	for (int scanned = 0; segment && scanned < LIST_SCAN_MAX; scanned++) {
		if (has_prefix(segment, c->request) && is_visible(c, segment)) {
			struct wire_stated entry;

			unsealed_look(c->broker, segment);
			entry = describe_segment(segment);
			if (!wire_put_entry(c->reply->tail, room, &used, &entry, segment->name))
				break;
			listed->count++;
		}
		listed->next = segment->number;
		segment = registry_next(registry, segment->number);
	}
	if (!segment)
		listed->next = 0;
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = used;
	return STATUS_OK;
}
