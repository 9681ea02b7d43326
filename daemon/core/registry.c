/* SPDX-License-Identifier: MIT */
/* All segments: by name, by number, by token, and by deadline. */
#include "daemon/core/registry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static int compare_tokens(const struct segment *a, const struct segment *b)
{
	if (a->token.high != b->token.high)
		return a->token.high > b->token.high ? 1 : -1;
	return (a->token.low > b->token.low) - (a->token.low < b->token.low);
}

static int compare_deadlines(const struct segment *a, const struct segment *b)
{
	if (a->deadline != b->deadline)
		return a->deadline > b->deadline ? 1 : -1;
	return compare_numbers(a, b);
}

RB_PROTOTYPE(names, segment, by_name, compare_names)
RB_GENERATE(names, segment, by_name, compare_names)
RB_PROTOTYPE(numbers, segment, by_number, compare_numbers)
RB_GENERATE(numbers, segment, by_number, compare_numbers)
RB_PROTOTYPE(tokens, segment, by_token, compare_tokens)
RB_GENERATE(tokens, segment, by_token, compare_tokens)

RB_PROTOTYPE(deadlines, segment, by_deadline, compare_deadlines)
RB_GENERATE(deadlines, segment, by_deadline, compare_deadlines)

static uint64_t monotonic(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

void registry_init(struct registry *registry, struct counters *counters)
{
	*registry = (struct registry){.counters = counters};
	RB_INIT(&registry->by_name);
	RB_INIT(&registry->by_number);
	RB_INIT(&registry->by_token);
	RB_INIT(&registry->by_deadline);
	SLIST_INIT(&registry->gone);
	TAILQ_INIT(&registry->unsealed);
	watches_init(&registry->watches);
	registry->clock = monotonic;
}

void registry_deinit(struct registry *registry)
{
	struct segment *segment;
	struct segment *next;

	RB_FOREACH_SAFE(segment, names, &registry->by_name, next)
		registry_remove_name(registry, segment);
	registry_settle(registry);
	assert(RB_EMPTY(&registry->by_number));
	watches_deinit(&registry->watches);
}

struct segment *registry_find(struct registry *registry, const char *name, size_t length)
{
	struct segment *at = RB_ROOT(&registry->by_name);

	/* Not RB_FIND, which would need a whole segment as the key. */
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

struct segment *registry_find_token(struct registry *registry, const struct token *token)
{
	struct segment key = {.token = *token};

	return RB_FIND(tokens, &registry->by_token, &key);
}

void registry_restore(struct registry *registry, struct segment *segment, bool named)
{
	segment->named = named;
	RB_INSERT(numbers, &registry->by_number, segment);
	if (segment->anonymous)
		RB_INSERT(tokens, &registry->by_token, segment);
	if (named)
		RB_INSERT(names, &registry->by_name, segment);
	if (segment->deadline > 0)
		RB_INSERT(deadlines, &registry->by_deadline, segment);
	if (segment->sealing != SEALED)
		TAILQ_INSERT_TAIL(&registry->unsealed, segment, in_unsealed);
	if (registry->last_number < segment->number)
		registry->last_number = segment->number;
	registry->count++;
}

void registry_add(struct registry *registry, struct segment *segment)
{
	segment->number = registry->last_number + 1;
	registry_restore(registry, segment, !segment->anonymous);
}

void registry_seal(struct registry *registry, struct segment *segment, enum sealing sealing)
{
	if (segment->sealing != SEALED)
		TAILQ_REMOVE(&registry->unsealed, segment, in_unsealed);
	segment->sealing = sealing;
	if (segment->sealing != SEALED)
		TAILQ_INSERT_TAIL(&registry->unsealed, segment, in_unsealed);
}

static void clear_deadline(struct registry *registry, struct segment *segment)
{
	if (segment->deadline == 0)
		return;
	RB_REMOVE(deadlines, &registry->by_deadline, segment);
	segment->deadline = 0;
}

/* Removes the segment if it has neither name nor holder. */
static void collect(struct registry *registry, struct segment *segment)
{
	if (segment->named || segment->holder_count > 0)
		return;
	RB_REMOVE(numbers, &registry->by_number, segment);
	if (segment->anonymous)
		RB_REMOVE(tokens, &registry->by_token, segment);
	if (segment->sealing != SEALED)
		TAILQ_REMOVE(&registry->unsealed, segment, in_unsealed);
	registry->count--;
	SLIST_INSERT_HEAD(&registry->gone, segment, in_gone);
}

void registry_settle(struct registry *registry)
{
	struct segment *segment;

	while ((segment = SLIST_FIRST(&registry->gone))) {
		SLIST_REMOVE_HEAD(&registry->gone, in_gone);
		if (registry->on_gone)
			registry->on_gone(registry->on_gone_data, segment);
		segment_free(segment);
	}
	registry->time = 0;
}

uint64_t registry_time(struct registry *registry)
{
	if (registry->time == 0)
		registry->time = registry->clock();
	return registry->time;
}

void registry_remove_name(struct registry *registry, struct segment *segment)
{
	assert(segment->named);
	clear_deadline(registry, segment);
	RB_REMOVE(names, &registry->by_name, segment);
	segment->named = false;
	collect(registry, segment);
}

void registry_rename(struct registry *registry, struct segment *segment, char *name, size_t length)
{
	assert(segment->named);
	RB_REMOVE(names, &registry->by_name, segment);
	segment_take_name(segment, name, length);
	RB_INSERT(names, &registry->by_name, segment);
}

static void expire(struct registry *registry, struct segment *segment, enum expiry why)
{
	registry->counters->expiries++;
	if (registry->on_expired)
		registry->on_expired(registry->on_expired_data, segment, why);
	registry_note(registry, WIRE_EVENT_EXPIRED, segment, NULL);
	registry_remove_name(registry, segment);
}

void registry_held(struct registry *registry, struct segment *segment)
{
	clear_deadline(registry, segment);
}

void registry_unheld(struct registry *registry, struct segment *segment)
{
	if (!segment->named) {
		collect(registry, segment);
	} else if (segment->linger > 0) {
		segment->deadline =
			registry_time(registry) + segment->linger * UINT64_C(1000000000);
		RB_INSERT(deadlines, &registry->by_deadline, segment);
	} else if (segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED) {
		expire(registry, segment, EXPIRY_UNUSED);
	}
}

uint64_t registry_deadline(struct registry *registry)
{
	const struct segment *first = RB_MIN(deadlines, &registry->by_deadline);

	return first ? first->deadline : 0;
}

void registry_expire(struct registry *registry)
{
	const uint64_t now = registry_time(registry);
	struct segment *segment;

	while ((segment = RB_MIN(deadlines, &registry->by_deadline)) && segment->deadline <= now)
		expire(registry, segment, EXPIRY_LINGER);
}

void registry_expire_left(struct registry *registry, struct segment *segment)
{
	expire(registry, segment, EXPIRY_LEFT);
}
