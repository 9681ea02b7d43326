/* SPDX-License-Identifier: MIT */
/* All segments, page after page: prshm_list; and prshm_delete. */
#include <errno.h>
#include <string.h>

#include "client-lib/native.h"
#include "client-lib/result.h"

static_assert(PRSHM_ANONYMOUS == (int)WIRE_SEGMENT_ANONYMOUS, "as on the wire");
static_assert(PRSHM_DELETED == (int)WIRE_SEGMENT_DELETED, "as on the wire");

/* False: the list ends here; with *outcome 0 because function returned false. */
static bool hand_out(
	const struct wire_reply *reply, prshm_list_function *function, void *context, int *outcome)
{
	struct wire_stated stated;
	const char *borrowed;
	size_t used = 0;

	for (uint32_t i = 0; i < reply->listed.count; i++) {
		char name[WIRE_NAME_MAX + 1];
		struct prshm_segment stat;

		if (!wire_get_entry(reply->tail, reply->tail_length, &used, &stated, &borrowed) ||
			stated.name_length > WIRE_NAME_MAX ||
			stated.entry_count > PRSHM_ENTRIES_MAX) {
			*outcome = -EPROTO;
			return false;
		}
		memcpy(name, borrowed, stated.name_length);
		name[stated.name_length] = '\0';
		stat = native_stat(&stated);
		if (!function(context, name, &stat))
			return false;
	}
	return true;
}

enum prshm_result prshm_list(const char *prefix, prshm_list_function *function, void *context)
{
	struct wire_request request = {.header = {.op = WIRE_OP_LIST}, .name = prefix};
	struct broker_answer answer;
	uint64_t next;
	int outcome;

	if (!prefix || !function)
		return PRSHM_INVALID;
	request.name_length = strlen(prefix);
	if (request.name_length > WIRE_NAME_MAX)
		return PRSHM_BAD_NAME;
	do {
		outcome = connection_call(&request, &answer);
		if (outcome != 0 || !hand_out(&answer.reply, function, context, &outcome))
			return result_from_outcome(outcome);
		next = answer.reply.listed.next;
		/* Pages must go forward: else a broken broker makes the list endless. */
		if (next != 0 && next <= request.list.after)
			return PRSHM_BROKEN;
		request.list.after = next;
	} while (next != 0);
	return PRSHM_OK;
}

enum prshm_result prshm_delete(const char *name)
{
	struct wire_request request = {.header = {.op = WIRE_OP_DELETE}};
	struct broker_answer answer;

	return result_from_outcome(native_named_call(&request, name, &answer));
}
