/* SPDX-License-Identifier: MIT */
/* Ranges of uids, and who pays for them. */
#include "daemon/core/principals.h"

#include <stdlib.h>

#define FIRST_ROOM ((size_t)16)

/*
 * A range's owner may itself be in a range. Longer chains than this are circles, or somebody's
 * joke.
 */
#define CHAIN_MAX 8

bool principals_add(struct principals *principals, uint32_t first, uint32_t count, uint32_t owner)
{
	/* UINT32_MAX is nobody's uid: (uid_t)-1. */
	if (count == 0 || first == UINT32_MAX || count - 1 > UINT32_MAX - 1 - first)
		return true;
	if (principals->count == principals->room) {
		const size_t room = principals->room > 0 ? 2 * principals->room : FIRST_ROOM;
		struct principal_range *ranges =
			reallocarray(principals->ranges, room, sizeof(*ranges));

		if (!ranges)
			return false;
		principals->ranges = ranges;
		principals->room = room;
	}
	principals->ranges[principals->count++] = (struct principal_range){
		.first = first,
		.last = first + count - 1,
		.owner = owner == 0 ? PRINCIPAL_NO_OWNER : owner,
	};
	return true;
}

void principals_deinit(struct principals *principals)
{
	free(principals->ranges);
	*principals = (struct principals){0};
}

/* uid 0 is in no range: who may act as the host's root needs no other uid. */
static const struct principal_range *range_of(const struct principals *principals, uid_t uid)
{
	for (size_t i = 0; uid != 0 && i < principals->count; i++) {
		const struct principal_range *range = &principals->ranges[i];

		if (uid >= range->first && uid <= range->last)
			return range;
	}
	return NULL;
}

uint64_t principals_find(const struct principals *principals, uid_t uid)
{
	for (int i = 0; principals && i < CHAIN_MAX; i++) {
		const struct principal_range *range = range_of(principals, uid);

		if (!range || range->owner == uid)
			return uid;
		if (range->owner == PRINCIPAL_NO_OWNER)
			return PRINCIPAL_RANGE | range->first;
		uid = range->owner;
	}
	return uid;
}
