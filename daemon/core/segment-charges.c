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

enum status segment_charge(struct segment *segment, struct account *account, struct refusal *why)
{
	struct charge *charges = segment->charges;
	enum status status = charge_init(&charges[0], account, RESOURCE_SEGMENTS, 1, why);

	if (status == STATUS_OK)
		status = charge_init(
			&charges[1], account, RESOURCE_BYTES, whole_pages(segment->size), why);
	if (status != STATUS_OK)
		charge_deinit(&charges[0]);
	return status;
}

void segment_restore_charges(struct segment *segment, struct account *account)
{
	charge_restore(&segment->charges[0], account, RESOURCE_SEGMENTS, 1);
	charge_restore(
		&segment->charges[1], account, RESOURCE_BYTES, whole_pages(segment->size));
}

void segment_restore_size(struct segment *segment)
{
	struct charge old = segment->charges[1];

	charge_restore(&segment->charges[1], old.account, RESOURCE_BYTES,
		whole_pages(segment->size));
	charge_deinit(&old);
}

enum status segment_move_charges(
	struct segment *segment, struct account *account, struct refusal *why)
{
	return charges_move(segment->charges, 2, account, why);
}

enum status segment_charge_size(struct segment *segment, uint64_t size, struct refusal *why)
{
	return charge_resize(&segment->charges[1], whole_pages(size), why);
}
