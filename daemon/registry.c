/* SPDX-License-Identifier: MIT */
/* All segments, by name and by number. */
#include "daemon/registry.h"

#include <stdlib.h>
#include <string.h>

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	if (order != 0)
		return order;
	return (a_length > b_length) - (a_length < b_length);
}

static int compare_names(const struct segment *a, const struct segment *b)
{
	return compare_bytes(a->name, a->name_length, b->name, b->name_length);
}

static int compare_numbers(const struct segment *a, const struct segment *b)
{
	return (a->number > b->number) - (a->number < b->number);
}

RB_PROTOTYPE(names, segment, by_name, compare_names)
RB_GENERATE(names, segment, by_name, compare_names)
RB_PROTOTYPE(numbers, segment, by_number, compare_numbers)
RB_GENERATE(numbers, segment, by_number, compare_numbers)

void registry_init(struct registry *registry)
{
	*registry = (struct registry){0};
	RB_INIT(&registry->by_name);
	RB_INIT(&registry->by_number);
}

void registry_deinit(struct registry *registry)
{
	struct segment *segment;
	struct segment *next;

	RB_FOREACH_SAFE(segment, names, &registry->by_name, next)
		registry_remove_name(registry, segment);
	assert(RB_EMPTY(&registry->by_number));
}

struct segment *registry_find(struct registry *registry, const char *name, size_t length)
{
	struct segment *at = RB_ROOT(&registry->by_name);

	/* By hand: RB_FIND wants a whole segment to compare with. */
	while (at) {
		int order = compare_bytes(name, length, at->name, at->name_length);

		if (order == 0)
			return at;
		at = order < 0 ? RB_LEFT(at, by_name) : RB_RIGHT(at, by_name);
	}
	return NULL;
}

struct segment *registry_next(struct registry *registry, uint64_t after)
{
	struct segment key = {.number = after + 1};

	return after == UINT64_MAX ? NULL : RB_NFIND(numbers, &registry->by_number, &key);
}

struct segment *registry_find_number(struct registry *registry, uint64_t number)
{
	struct segment key = {.number = number};

	return RB_FIND(numbers, &registry->by_number, &key);
}

void registry_add(struct registry *registry, struct segment *segment)
{
	segment->number = ++registry->last_number;
	segment->named = true;
	RB_INSERT(numbers, &registry->by_number, segment);
	RB_INSERT(names, &registry->by_name, segment);
	registry->count++;
}

void registry_remove_name(struct registry *registry, struct segment *segment)
{
	assert(segment->named);
	RB_REMOVE(names, &registry->by_name, segment);
	segment->named = false;
	registry_collect(registry, segment);
}

void registry_collect(struct registry *registry, struct segment *segment)
{
	if (segment->named || segment->holder_count > 0)
		return;
	RB_REMOVE(numbers, &registry->by_number, segment);
	registry->count--;
	segment_free(segment);
}
