/* SPDX-License-Identifier: MIT */
/* Why a user has a right, or does not have it: prshm_explain and prshm_explain_for. */
#include <stdio.h>

#include "client-lib/native.h"
#include "client-lib/result.h"

/* The user, the primary group, and the other groups: as many as fit beside the longest name. */
#define ENTRIES_MAX (PRSHM_GROUPS_MAX + 2)
static_assert(
	ENTRIES_MAX == (WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_explain - WIRE_NAME_MAX) /
			       WIRE_SIZE_entry,
	"what fits into a message");

static enum prshm_result explain(
	struct wire_request *request, const char *name, bool *allowed, char *text, size_t size)
{
	struct broker_answer answer;
	int outcome = native_named_call(request, name, &answer);

	if (outcome != 0)
		return result_from_outcome(outcome);
	if (allowed)
		*allowed = answer.reply.explained.allowed != 0;
	if (text && size > 0)
		snprintf(text, size, "%.*s", (int)answer.reply.tail_length,
			(const char *)answer.reply.tail);
	return PRSHM_OK;
}

enum prshm_result prshm_explain(
	const char *name, unsigned int right, bool *allowed, char *text, size_t size)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_EXPLAIN},
		.explain = {.right = right},
	};

	return explain(&request, name, allowed, text, size);
}

static void put_id(uint8_t *entries, size_t index, enum wire_entry_kind kind, uint32_t id)
{
	const struct wire_entry entry = {.id = id, .kind = (uint16_t)kind};

	wire_put_right(entries, index, &entry);
}

enum prshm_result prshm_explain_for(const char *name, unsigned int right,
	const struct prshm_user *user, bool *allowed, char *text, size_t size)
{
	uint8_t entries[ENTRIES_MAX * WIRE_SIZE_entry];
	struct wire_request request = {
		.header = {.op = WIRE_OP_EXPLAIN},
		.explain = {.right = right},
		.entries = entries,
	};

	if (!user || (user->group_count > 0 && !user->groups) ||
		!native_is_zero(user->reserved, sizeof(user->reserved) / sizeof(*user->reserved)))
		return PRSHM_INVALID;
	if (user->group_count > PRSHM_GROUPS_MAX)
		return PRSHM_BAD_RIGHTS;
	put_id(entries, 0, WIRE_ENTRY_USER, user->uid);
	put_id(entries, 1, WIRE_ENTRY_GROUP, user->gid);
	for (size_t i = 0; i < user->group_count; i++)
		put_id(entries, i + 2, WIRE_ENTRY_GROUP, user->groups[i]);
	request.entry_count = user->group_count + 2;
	request.explain.entry_count = (uint32_t)request.entry_count;
	return explain(&request, name, allowed, text, size);
}
