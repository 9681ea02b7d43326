/* SPDX-License-Identifier: MIT */
/* What the library asks the broker about many objects at once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "posix-lib/ask.h"

/* False: function has enough, or the reply is broken. */
static bool hand_out(const struct wire_reply *reply,
	bool (*function)(void *data, const char *name, const struct wire_stated *stated),
	void *data, int *outcome)
{
	char name[WIRE_NAME_MAX + 1];
	struct wire_stated stated;
	const char *borrowed;
	size_t used = 0;

	for (uint32_t i = 0; i < reply->listed.count; i++) {
		if (!wire_get_entry(reply->tail, reply->tail_length, &used, &stated, &borrowed) ||
			stated.name_length > WIRE_NAME_MAX) {
			*outcome = -EPROTO;
			return false;
		}
		memcpy(name, borrowed, stated.name_length);
		name[stated.name_length] = '\0';
		if (!function(data, name, &stated)) {
			*outcome = -ENOMEM;
			return false;
		}
	}
	return true;
}

/* Pages must go forward: else a broken broker makes the list endless. */
int ask_list(const char *directory,
	bool (*function)(void *data, const char *name, const struct wire_stated *stated),
	void *data)
{
	char prefix[OBJECT_FULL_MAX + 2];
	const int length = snprintf(prefix, sizeof(prefix), "%s/", directory);
	struct wire_request request = {
		.header = {.op = WIRE_OP_LIST}, .name = prefix, .name_length = (size_t)length};
	struct broker_answer answer;
	int outcome;

	do {
		const uint64_t after = request.list.after;

		outcome = connection_call(&request, &answer);
		if (outcome != 0 || !hand_out(&answer.reply, function, data, &outcome))
			return outcome;
		request.list.after = answer.reply.listed.next;
		if (request.list.after != 0 && request.list.after <= after)
			return -EPROTO;
	} while (request.list.after != 0);
	return 0;
}

struct search {
	uint64_t segment;
	char *name; /* NULL: it was found */
};

static bool compare(void *data, const char *name, const struct wire_stated *stated)
{
	struct search *search = data;

	if (stated->segment != search->segment)
		return true;
	memcpy(search->name, name, strlen(name) + 1);
	search->name = NULL;
	return false;
}

bool ask_name_of(uint64_t segment, char name[OBJECT_FULL_MAX + 1])
{
	struct search search = {segment, name};

	ask_list("/dev/shm", compare, &search);
	return !search.name;
}

static void take_usage(const struct wire_usage *usage, uint64_t *all, uint64_t *left)
{
	*all = usage->limit;
	*left = usage->limit > usage->used ? usage->limit - usage->used : 0;
}

int ask_room(struct room *room)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_ACCOUNTS}, .accounts = {.uid = geteuid(), .only = 1}};
	struct broker_answer answer;
	struct wire_account account = {0};
	struct wire_usage usage;
	size_t used = 0;
	const int outcome = connection_call(&request, &answer);

	if (outcome != 0)
		return outcome;
	*room = (struct room){0};
	if (!wire_get_account(answer.reply.tail, answer.reply.tail_length, &used, &account))
		return -EPROTO;
	for (uint32_t i = 0; i < account.usage_count; i++) {
		if (!wire_get_usage(answer.reply.tail, answer.reply.tail_length, &used, &usage))
			return -EPROTO;
		if (usage.resource == WIRE_RESOURCE_BYTES)
			take_usage(&usage, &room->bytes, &room->bytes_free);
		else if (usage.resource == WIRE_RESOURCE_SEGMENTS)
			take_usage(&usage, &room->segments, &room->segments_free);
	}
	return 0;
}
