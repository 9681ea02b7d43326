/* SPDX-License-Identifier: MIT */
/* All that a request can change but the shapes of trees and lists. */
#include "tests/core/sums.h"

#include "daemon/core/park.h"

/* FNV-1a, by words. */
static void mix(uint64_t *hash, uint64_t word)
{
	*hash = (*hash ^ word) * UINT64_C(0x100000001b3);
}

/* What is parked counts as closed. */
static void mix_segment(uint64_t *hash, struct segment *segment)
{
	const struct rights *rights = &segment->rights;

	mix(hash, segment->number);
	mix(hash, segment->named);
	mix(hash, segment->size);
	mix(hash, segment->sealing);
	mix(hash, segment->opened_early);
	mix(hash, segment->opened);
	mix(hash, segment->deadline);
	mix(hash, segment->holder_count - park_count(segment));
	mix(hash, segment->charges[0].account->uid);
	mix(hash, segment->charges[1].account->uid);
	mix(hash, rights->uid);
	mix(hash, rights->gid);
	mix(hash, rights->mode);
	for (uint32_t i = 0; i < rights->entry_count; i++) {
		mix(hash, rights->entries[i].id);
		mix(hash, rights->entries[i].kind);
		mix(hash, rights->entries[i].rights);
	}
}

struct sums sum_up(struct broker *broker)
{
	struct registry *registry = &broker->registry;
	struct sums sums = {
		.segments = registry->count,
		.last_number = registry->last_number,
		.deadline = registry_deadline(registry),
	};

	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		if (i == RESOURCE_HANDLES)
			continue; /* one more may be kept, and paid for, until the next open */
		sums.used[i] = broker->accounts.used[i];
		sums.users[i] = broker->accounts.users[i];
	}
	for (struct segment *at = registry_next(registry, 0); at;
		at = registry_next(registry, at->number)) {
		sums.holders += at->holder_count - park_count(at);
		mix_segment(&sums.details, at);
	}
	return sums;
}
