/* SPDX-License-Identifier: MIT */
/* What a segment costs the user that pays for it. */
#include "daemon/core/segment-charges.h"

#include <unistd.h>

/* The kernel gives whole pages: a thousand segments of one byte take a thousand pages. */
static uint64_t whole_pages(uint64_t size)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

uint64_t segment_text_bytes(uint32_t name_length, uint32_t entry_count)
{
	const uint64_t text = name_length + (uint64_t)entry_count * WIRE_SIZE_entry;

	return text > SEGMENT_TEXT_FREE ? whole_pages(text) : 0;
}

static uint64_t bytes_of(const struct segment *segment)
{
	return whole_pages(segment->size) +
	       segment_text_bytes(segment->name_length, segment->rights.entry_count);
}

enum status segment_charge(struct segment *segment, struct account *account, struct refusal *why)
{
	struct charge *charges = segment->charges;
	enum status status = charge_init(&charges[0], account, RESOURCE_SEGMENTS, 1, why);

	if (status == STATUS_OK)
		status = charge_init(&charges[1], account, RESOURCE_BYTES, bytes_of(segment), why);
	if (status != STATUS_OK)
		charge_deinit(&charges[0]);
	return status;
}

void segment_restore_charges(struct segment *segment, struct account *account)
{
	charge_restore(&segment->charges[0], account, RESOURCE_SEGMENTS, 1);
	charge_restore(&segment->charges[1], account, RESOURCE_BYTES, bytes_of(segment));
}

void segment_restore_size(struct segment *segment)
{
	struct charge old = segment->charges[1];

	charge_restore(&segment->charges[1], old.account, RESOURCE_BYTES, bytes_of(segment));
	charge_deinit(&old);
}

enum status segment_move_charges(
	struct segment *segment, struct account *account, struct refusal *why)
{
	return charges_move(segment->charges, 2, account, why);
}

enum status segment_charge_size(struct segment *segment, uint64_t size, struct refusal *why)
{
	return charge_resize(&segment->charges[1],
		whole_pages(size) + bytes_of(segment) - whole_pages(segment->size), why);
}

enum status segment_charge_text(
	struct segment *segment, uint32_t name_length, uint32_t entry_count, struct refusal *why)
{
	return charge_resize(&segment->charges[1],
		whole_pages(segment->size) + segment_text_bytes(name_length, entry_count), why);
}
