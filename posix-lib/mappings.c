/* SPDX-License-Identifier: MIT */
/* A tree of mappings, by address; no two overlap. */
#include "posix-lib/mappings.h"

#include <stdatomic.h>

#include "posix-lib/objects.h"

static atomic_size_t count;

static int compare(const struct mapping *a, const struct mapping *b)
{
	return (a->at > b->at) - (a->at < b->at);
}

static RB_HEAD(all_mappings, mapping) mappings = RB_INITIALIZER(&mappings);

RB_PROTOTYPE(all_mappings, mapping, in_all, compare)
RB_GENERATE(all_mappings, mapping, in_all, compare)

bool mappings_are_any(void)
{
	return atomic_load_explicit(&count, memory_order_relaxed) > 0;
}

struct mapping *mappings_after(uintptr_t at)
{
	struct mapping key = {.at = at};
	struct mapping *found = RB_NFIND(all_mappings, &mappings, &key);
	struct mapping *before =
		found ? RB_PREV(all_mappings, &mappings, found) : RB_MAX(all_mappings, &mappings);

	return before && before->at + before->size > at ? before : found;
}

void mappings_insert(struct mapping *added)
{
	RB_INSERT(all_mappings, &mappings, added);
	added->object->mappings++;
	atomic_fetch_add(&count, 1);
}

static void insert_part(
	const struct mapping *of, uintptr_t from, uintptr_t to, struct mapping **spares)
{
	struct mapping *part = *spares;

	if (from >= to || !part)
		return;
	*spares = part->next;
	*part = (struct mapping){.at = from, .size = to - from, .object = of->object};
	mappings_insert(part);
}

struct mapping *mappings_cut(uintptr_t from, uintptr_t to, struct mapping **spares)
{
	struct mapping *found = mappings_after(from);
	uintptr_t end;

	if (!found || found->at >= to)
		return NULL;
	end = found->at + found->size;
	RB_REMOVE(all_mappings, &mappings, found);
	found->object->mappings--;
	atomic_fetch_sub(&count, 1);
	insert_part(found, found->at, from, spares);
	insert_part(found, to, end, spares);
	if (found->at < from)
		found->at = from;
	found->size = (end < to ? end : to) - found->at;
	return found;
}

void mappings_forget(void)
{
	RB_INIT(&mappings);
	atomic_store(&count, 0);
}
