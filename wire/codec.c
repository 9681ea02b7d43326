/* SPDX-License-Identifier: MIT */
/*
 * Bytes to structs and back. A struct has the fields of its table in wire.h, in that order and
 * without padding. So a message is read and written field by field.
 */
#include "wire/wire.h"

#include <string.h>

#include "wire/fields.h"

#define X(name, bytes, fields) FIELDS_CODEC(wire, name, fields)
WIRE_STRUCTS(X)
#undef X

const char *wire_op_name(uint16_t op)
{
	switch (op) {
#define X(name, value, request, reply, tail)                                                       \
	case value:                                                                                \
		return #name;
		WIRE_OPS(X)
#undef X
	default:
		return "unknown";
	}
}

size_t wire_descriptors_of(uint16_t op)
{
	switch (op) {
	case WIRE_OP_OPEN:
	case WIRE_OP_REOPEN:
	case WIRE_OP_ANONYMOUS:
	case WIRE_OP_REDEEM:
	case WIRE_OP_RING:
	case WIRE_OP_SIZE:
		return 1;
	case WIRE_OP_OPEN_MANY:
		return WIRE_FDS_MAX;
	default:
		return 0;
	}
}

const char *status_text(uint16_t status)
{
	switch (status) {
#define X(name, value, text)                                                                       \
	case value:                                                                                \
		return text;
		STATUSES(X)
#undef X
	default:
		return "unknown status";
	}
}

/*
 * Every version of the protocol begins with version, op and serial. The other fields are checked in
 * our own version only.
 */
static enum status get_checked_header(const uint8_t *bytes, size_t length, struct wire_header *out)
{
	struct wire_header header;

	if (length < WIRE_SIZE_header)
		return STATUS_MALFORMED;
	get_header(bytes, &header);
	if (header.version == WIRE_VERSION && header.length != length)
		return STATUS_MALFORMED;
	*out = header;
	return header.version == WIRE_VERSION ? STATUS_OK : STATUS_VERSION;
}

enum tail { TAIL_NONE, TAIL_NAME, TAIL_PREFIX, TAIL_ENTRIES, TAIL_NAMES };

/* How many entries the body announces. */
static size_t entries_of(const struct wire_request *request)
{
	switch (request->header.op) {
	case WIRE_OP_OPEN:
		return request->open.entry_count;
	case WIRE_OP_SET_RIGHTS:
		return request->set_rights.entry_count;
	case WIRE_OP_EXPLAIN:
		return request->explain.entry_count;
	default:
		return 0;
	}
}

bool wire_put_name(uint8_t *tail, size_t size, size_t *used, const char *name, size_t length)
{
	const uint16_t prefix = htole16((uint16_t)length);

	if (length > WIRE_NAME_MAX || sizeof(prefix) + length > size - *used)
		return false;
	memcpy(tail + *used, &prefix, sizeof(prefix));
	memcpy(tail + *used + sizeof(prefix), name, length);
	*used += sizeof(prefix) + length;
	return true;
}

bool wire_get_name(const char *tail, size_t size, size_t *used, const char **name, size_t *length)
{
	size_t left = size - *used;
	uint16_t prefix;

	if (left < sizeof(prefix))
		return false;
	memcpy(&prefix, tail + *used, sizeof(prefix));
	prefix = le16toh(prefix);
	if (prefix > left - sizeof(prefix))
		return false;
	*name = tail + *used + sizeof(prefix);
	*length = prefix;
	*used += sizeof(prefix) + prefix;
	return true;
}

/* Whether the tail has exactly as many names as the body announces. */
static bool are_names(const struct wire_request *request)
{
	size_t used = 0;
	size_t length;
	const char *name;
	uint32_t count = 0;

	while (wire_get_name(request->name, request->name_length, &used, &name, &length))
		count++;
	return used == request->name_length && count == request->open_many.count;
}

/* Splits what follows the body into entries and name. */
static bool take_tail(
	struct wire_request *request, enum tail tail, const uint8_t *at, size_t length)
{
	size_t count = tail == TAIL_ENTRIES ? entries_of(request) : 0;

	if ((tail == TAIL_NONE && length > 0) || count > length / WIRE_SIZE_entry)
		return false;
	request->entries = at;
	request->entry_count = count;
	request->name = (const char *)at + count * WIRE_SIZE_entry;
	request->name_length = length - count * WIRE_SIZE_entry;
	return tail != TAIL_NAMES || are_names(request);
}

void wire_get_right(const uint8_t *entries, size_t index, struct wire_entry *out)
{
	get_entry(entries + index * WIRE_SIZE_entry, out);
}

void wire_put_right(uint8_t *entries, size_t index, const struct wire_entry *entry)
{
	put_entry(entries + index * WIRE_SIZE_entry, entry);
}

enum status wire_decode_request(const uint8_t *bytes, size_t length, struct wire_request *out)
{
	struct wire_request request = {0};
	enum status status = get_checked_header(bytes, length, &request.header);
	size_t body = 0;
	enum tail tail = TAIL_NONE;

	if (status == STATUS_OK && (request.header.status != 0 || request.header.fds != 0))
		status = STATUS_MALFORMED;
	if (status != STATUS_OK)
		goto out;
	switch (request.header.op) {
#define X(name, value, request_body, reply_body, request_tail)                                     \
	case value:                                                                                \
		body = WIRE_SIZE_header + (size_t)WIRE_SIZE_##request_body;                        \
		tail = TAIL_##request_tail;                                                        \
		if (length >= body)                                                                \
			get_##request_body(bytes + WIRE_SIZE_header, &request.request_body);       \
		break;
		WIRE_OPS(X)
#undef X
	default:
		status = STATUS_UNSUPPORTED;
		goto out;
	}
	if (length < body || !take_tail(&request, tail, bytes + body, length - body))
		return STATUS_MALFORMED;
out:
	if (status != STATUS_MALFORMED)
		*out = request;
	return status;
}

/*
 * Whether a reply to this op may have such a tail: entries, a list, or a text; in OPEN an inode, a
 * view.
 */
static bool may_have_tail(uint16_t op, size_t length)
{
	switch (op) {
	case WIRE_OP_OPEN:
		return length == WIRE_SIZE_inode || length == WIRE_SIZE_viewed ||
		       length == WIRE_SIZE_inode + WIRE_SIZE_viewed;
	case WIRE_OP_STAT:
	case WIRE_OP_LIST:
	case WIRE_OP_EXPLAIN:
	case WIRE_OP_HOLDERS:
	case WIRE_OP_ACCOUNTS:
	case WIRE_OP_STATUS:
	case WIRE_OP_WATCH:
	case WIRE_OP_OPEN_MANY:
		return true;
	default:
		return false;
	}
}

enum status wire_decode_reply(const uint8_t *bytes, size_t length, struct wire_reply *out)
{
	struct wire_reply reply = {0};
	enum status status = get_checked_header(bytes, length, &reply.header);
	size_t body = WIRE_SIZE_header;

	if (status != STATUS_OK)
		goto out;
	if (reply.header.status == STATUS_OK) {
		switch (reply.header.op) {
#define X(name, value, request_body, reply_body, request_tail)                                     \
	case value:                                                                                \
		body = WIRE_SIZE_header + (size_t)WIRE_SIZE_##reply_body;                          \
		if (length >= body)                                                                \
			get_##reply_body(bytes + WIRE_SIZE_header, &reply.reply_body);             \
		break;
			WIRE_OPS(X)
#undef X
		default:
			return STATUS_MALFORMED;
		}
	}
	if (length < body)
		return STATUS_MALFORMED;
	if (length > body && (reply.header.status != STATUS_OK ||
				     !may_have_tail(reply.header.op, length - body)))
		return STATUS_MALFORMED;
	reply.tail = bytes + body;
	reply.tail_length = length - body;
out:
	if (status != STATUS_MALFORMED)
		*out = reply;
	return status;
}

static bool append(struct wire_message *out, const void *tail, size_t length)
{
	if (length > sizeof(out->bytes) - out->length)
		return false;
	if (length > 0)
		memcpy(out->bytes + out->length, tail, length);
	out->length += length;
	return true;
}

static void finish(struct wire_message *out, struct wire_header header)
{
	header.version = WIRE_VERSION;
	header.length = (uint32_t)out->length;
	out->fd_count = 0;
	put_header(out->bytes, &header);
}

bool wire_encode_request(const struct wire_request *request, struct wire_message *out)
{
	size_t body = 0;

	switch (request->header.op) {
#define X(name, value, request_body, reply_body, request_tail)                                     \
	case value:                                                                                \
		body = WIRE_SIZE_##request_body;                                                   \
		put_##request_body(out->bytes + WIRE_SIZE_header, &request->request_body);         \
		break;
		WIRE_OPS(X)
#undef X
	default:
		return false;
	}
	out->length = WIRE_SIZE_header + body;
	if (!append(out, request->entries, request->entry_count * WIRE_SIZE_entry) ||
		!append(out, request->name, request->name_length))
		return false;
	finish(out, request->header);
	return true;
}

bool wire_encode_reply(const struct wire_reply *reply, struct wire_message *out)
{
	size_t body = 0;

	out->length = WIRE_SIZE_header;
	if (reply->header.status != STATUS_OK) {
		finish(out, reply->header);
		return true;
	}
	switch (reply->header.op) {
#define X(name, value, request_body, reply_body, request_tail)                                     \
	case value:                                                                                \
		body = WIRE_SIZE_##reply_body;                                                     \
		put_##reply_body(out->bytes + WIRE_SIZE_header, &reply->reply_body);               \
		break;
		WIRE_OPS(X)
#undef X
	default:
		return false;
	}
	out->length += body;
	if (!append(out, reply->tail, reply->tail_length))
		return false;
	finish(out, reply->header);
	return true;
}

bool wire_put_entry(
	uint8_t *tail, size_t size, size_t *used, const struct wire_stated *entry, const char *name)
{
	size_t needed = WIRE_SIZE_stated + (size_t)entry->name_length;

	if (needed > size - *used)
		return false;
	put_stated(tail + *used, entry);
	memcpy(tail + *used + WIRE_SIZE_stated, name, entry->name_length);
	*used += needed;
	return true;
}

bool wire_get_entry(const uint8_t *tail, size_t size, size_t *used, struct wire_stated *entry,
	const char **name)
{
	struct wire_stated found;
	size_t left = size - *used;

	if (left < WIRE_SIZE_stated)
		return false;
	get_stated(tail + *used, &found);
	if (found.name_length > left - WIRE_SIZE_stated)
		return false;
	*entry = found;
	*name = (const char *)tail + *used + WIRE_SIZE_stated;
	*used += WIRE_SIZE_stated + (size_t)found.name_length;
	return true;
}

#define X(name)                                                                                    \
	bool wire_put_##name(                                                                      \
		uint8_t *tail, size_t size, size_t *used, const struct wire_##name *part)          \
	{                                                                                          \
		if (WIRE_SIZE_##name > size - *used)                                               \
			return false;                                                              \
		put_##name(tail + *used, part);                                                    \
		*used += WIRE_SIZE_##name;                                                         \
		return true;                                                                       \
	}                                                                                          \
	bool wire_get_##name(                                                                      \
		const uint8_t *tail, size_t size, size_t *used, struct wire_##name *part)          \
	{                                                                                          \
		if (WIRE_SIZE_##name > size - *used)                                               \
			return false;                                                              \
		get_##name(tail + *used, part);                                                    \
		*used += WIRE_SIZE_##name;                                                         \
		return true;                                                                       \
	}
WIRE_PARTS(X)
#undef X

bool wire_put_event(
	uint8_t *tail, size_t size, size_t *used, const struct wire_event *event, const char *name)
{
	size_t needed = WIRE_SIZE_event + (size_t)event->name_length;

	if (needed > size - *used)
		return false;
	put_event(tail + *used, event);
	memcpy(tail + *used + WIRE_SIZE_event, name, event->name_length);
	*used += needed;
	return true;
}

bool wire_get_event(
	const uint8_t *tail, size_t size, size_t *used, struct wire_event *event, const char **name)
{
	struct wire_event found;
	size_t left = size - *used;

	if (left < WIRE_SIZE_event)
		return false;
	get_event(tail + *used, &found);
	if (found.name_length > left - WIRE_SIZE_event)
		return false;
	*event = found;
	*name = (const char *)tail + *used + WIRE_SIZE_event;
	*used += WIRE_SIZE_event + (size_t)found.name_length;
	return true;
}
