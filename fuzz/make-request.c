/* SPDX-License-Identifier: MIT */
/* Makes messages out of an input: a byte a field, mostly, out of values that matter. */
#include "fuzz/make-request.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_SIZE ((size_t)64 * WIRE_SIZE_entry)
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Below the prefixes of the policy (fuzz_broker.c) and beside them; few, so that they meet. */
static const char *const names[] = {"/a", "/b", "/a/b", "/ab", "/c", "/own", "/own/a", "/owner",
	"/few/a", "/few", "/brief/a", "/brief/b", "/given/a", "/u/1000/a", "/u/1001", "/u/1000", "",
	"/", "/a//b", "/..", "/\xff"};
static const uint64_t sizes[] = {1, 0, 4095, 4096, 4097, 1 << 14, 1 << 16, (1 << 16) + 1,
	UINT64_C(1) << 62, UINT64_C(1) << 63, UINT64_MAX};
static const uint32_t modes[] = {
	0666, 0600, 0644, 0660, 0640, 0604, 0400, 0, 0622, 0777, 01000, UINT32_MAX};
static const uint32_t ids[] = {
	0, 1000, 1001, 1002, 2000, 1003, 4242, 65534, UINT32_MAX - 1, UINT32_MAX};

#define TAKE(input, array) (array)[take_byte(input) % COUNT(array)]

uint8_t take_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static void take_name(struct input *input, struct wire_request *request)
{
	uint8_t choice = take_byte(input);

	if (choice < 0xf0) {
		request->name = names[choice % COUNT(names)];
		request->name_length = strlen(request->name);
		return;
	}
	request->name_length = take_byte(input) * ((choice & 7U) + 1);
	if (request->name_length > input->left)
		request->name_length = input->left;
	request->name = (const char *)input->at;
	input->at += request->name_length;
	input->left -= request->name_length;
}

/* Up to 7 that the input chooses; 7 stands for a few that are good and many more. */
static uint32_t take_entries(struct input *input, struct wire_request *request, uint8_t *bytes)
{
	uint32_t chosen = take_byte(input) & 7;
	uint32_t count = chosen < 7 ? chosen : 28U + (take_byte(input) & 7);

	for (uint32_t i = 0; i < count; i++) {
		struct wire_entry entry = {.id = 5000 + i, .kind = WIRE_ENTRY_USER, .rights = 1};

		if (chosen < 7) {
			uint8_t choice = take_byte(input);

			entry.id = TAKE(input, ids);
			entry.kind = (uint16_t)(choice & 3);
			entry.rights = (uint16_t)(choice >> 2);
		}
		wire_put_right(bytes, i, &entry);
	}
	request->entries = bytes;
	request->entry_count = count;
	return count;
}

static void take_open(struct input *input, struct wire_request *request, uint8_t *entries)
{
	struct wire_open *open = &request->open;
	uint8_t choice = take_byte(input);

	take_name(input, request);
	open->size = TAKE(input, sizes);
	open->flags = choice & 7;
	open->mode = modes[(choice >> 3) % COUNT(modes)];
	if (choice < 0x80)
		return; /* no more fields: short inputs shall do a lot */
	choice = take_byte(input);
	open->lifetime = choice & 3;
	open->linger = (choice >> 2) & 7;
	open->entry_count = take_entries(input, request, entries);
}

static void take_redeem(struct input *input, const uint64_t token[2], struct wire_redeem *redeem)
{
	uint8_t wrong = take_byte(input);

	redeem->token_high = token[0] ^ (wrong >= 0xc0 ? wrong : 0);
	redeem->token_low = token[1] ^ (wrong >= 0x80 ? wrong : 0);
}

/* The bit that no right has is for the sake of another. */
static void take_explain(struct input *input, struct wire_request *request, uint8_t *entries)
{
	uint8_t choice = take_byte(input);

	request->explain.right = choice & 0x7f;
	if (choice & 0x80)
		request->explain.entry_count = take_entries(input, request, entries);
}

/* Up to 7 names; their tail takes the place of the entries. */
static void take_names(
	struct input *input, struct wire_request *request, uint8_t *tail, size_t size)
{
	const uint8_t choice = take_byte(input);
	size_t used = 0;

	request->open_many.size = TAKE(input, sizes);
	request->open_many.flags = choice >> 3;
	for (uint8_t i = 0; i < (choice & 7); i++) {
		take_name(input, request);
		request->open_many.count +=
			wire_put_name(tail, size, &used, request->name, request->name_length);
	}
	request->name = (const char *)tail;
	request->name_length = used;
}

static void take_fields(struct input *input, const uint64_t token[2], struct wire_request *request,
	uint8_t *entries)
{
	switch (request->header.op) {
	case WIRE_OP_OPEN:
		take_open(input, request, entries);
		return;
	case WIRE_OP_CLOSE:
		request->close.handle = take_byte(input);
		return;
	case WIRE_OP_REOPEN:
		request->reopen.segment = take_byte(input);
		return;
	case WIRE_OP_ANONYMOUS:
		request->anonymous.size = TAKE(input, sizes);
		request->anonymous.readonly = take_byte(input) & 1;
		return;
	case WIRE_OP_REDEEM:
		take_redeem(input, token, &request->redeem);
		return;
	case WIRE_OP_SET_RIGHTS:
		request->set_rights.mode = TAKE(input, modes);
		request->set_rights.entry_count = take_entries(input, request, entries);
		break;
	case WIRE_OP_SET_OWNER:
		request->set_owner.uid = TAKE(input, ids);
		request->set_owner.gid = TAKE(input, ids);
		break;
	case WIRE_OP_EXPLAIN:
		take_explain(input, request, entries);
		break;
	case WIRE_OP_HOLDERS:
		request->holders.segment = take_byte(input);
		request->holders.connection = take_byte(input);
		request->holders.handle = take_byte(input);
		return;
	case WIRE_OP_ACCOUNTS:
		request->accounts.uid = TAKE(input, ids);
		request->accounts.only = take_byte(input) & 1;
		return;
	case WIRE_OP_STATUS:
	case WIRE_OP_RING:
		return;
	case WIRE_OP_WATCH:
		request->watch.events = take_byte(input);
		request->watch.flags = take_byte(input) & 1;
		break;
	case WIRE_OP_OPEN_MANY:
		take_names(input, request, entries, ENTRIES_SIZE);
		return;
	case WIRE_OP_RENAME:
		request->rename.flags = take_byte(input) & 1;
		request->rename.name_length = take_byte(input);
		break;
	case WIRE_OP_LIST:
		request->list.after = take_byte(input);
		break;
	}
	take_name(input, request);
}

size_t make_request(
	struct input *input, struct wire_header header, const uint64_t token[2], uint8_t *out)
{
	struct wire_request request = {.header = header};
	uint8_t entries[ENTRIES_SIZE];
	struct wire_message message;

	take_fields(input, token, &request, entries);
	if (!wire_encode_request(&request, &message))
		abort();
	memcpy(out, message.bytes, message.length);
	return message.length;
}

size_t make_raw(struct input *input, bool mend, uint8_t *out)
{
	const uint16_t version = htole16(WIRE_VERSION);
	size_t length = take_byte(input);
	uint32_t told;

	for (size_t i = 0; i < length; i++)
		out[i] = take_byte(input);
	told = htole32((uint32_t)length);
	if (mend && length >= WIRE_SIZE_header) {
		memcpy(out + offsetof(struct wire_header, version), &version, sizeof(version));
		memcpy(out + offsetof(struct wire_header, length), &told, sizeof(told));
	}
	return length;
}
