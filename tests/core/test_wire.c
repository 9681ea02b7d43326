/* SPDX-License-Identifier: MIT */
/*
 * The codec: structs to bytes and bytes to structs, for every op of wire.h's table, so that a new
 * op or struct is tested, or missed, at once.
 */
#include <string.h>

#include "tests/core/wire-vectors.h"
#include "tests/lib/testing.h"

static void assert_same_header(const struct wire_header *got, const struct wire_header *want)
{
	ck_assert_uint_eq(got->version, want->version);
	ck_assert_uint_eq(got->op, want->op);
	ck_assert_uint_eq(got->serial, want->serial);
	ck_assert_uint_eq(got->status, want->status);
	ck_assert_uint_eq(got->fds, want->fds);
}

TEST_LOOP(every_request_is_encoded_to_its_bytes, OP_COUNT)
{
	const struct op *op = &ops[_i];
	struct wire_message message;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = from_hex(op->vector->request_bytes, bytes);

	ck_assert(wire_encode_request(&op->vector->request, &message));
	ck_assert_uint_eq(message.length, length);
	ck_assert_mem_eq(message.bytes, bytes, length);
}

TEST_LOOP(every_request_is_decoded_from_its_bytes, OP_COUNT)
{
	const struct op *op = &ops[_i];
	const struct wire_request *want = &op->vector->request;
	const size_t body = offsetof(struct wire_request, none);
	struct wire_request got;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = from_hex(op->vector->request_bytes, bytes);

	ck_assert_int_eq(wire_decode_request(bytes, length, &got), STATUS_OK);
	assert_same_header(&got.header, &want->header);
	ck_assert_uint_eq(got.header.length, length);
	ck_assert_mem_eq((const char *)&got + body, (const char *)want + body, op->request_body);
	ck_assert_uint_eq(got.entry_count, want->entry_count);
	ck_assert_mem_eq(got.entries, want->entries ? want->entries : bytes,
		want->entry_count * WIRE_SIZE_entry);
	ck_assert_uint_eq(got.name_length, want->name_length);
	ck_assert_mem_eq(got.name, want->name ? want->name : "", want->name_length);
}

TEST_LOOP(every_reply_is_encoded_to_its_bytes, OP_COUNT)
{
	const struct op *op = &ops[_i];
	struct wire_message message;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = from_hex(op->vector->reply_bytes, bytes);

	ck_assert(wire_encode_reply(&op->vector->reply, &message));
	ck_assert_uint_eq(message.length, length);
	ck_assert_mem_eq(message.bytes, bytes, length);
}

TEST_LOOP(every_reply_is_decoded_from_its_bytes, OP_COUNT)
{
	const struct op *op = &ops[_i];
	const struct wire_reply *want = &op->vector->reply;
	const size_t body = offsetof(struct wire_reply, none);
	struct wire_reply got;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = from_hex(op->vector->reply_bytes, bytes);

	ck_assert_int_eq(wire_decode_reply(bytes, length, &got), STATUS_OK);
	assert_same_header(&got.header, &want->header);
	ck_assert_mem_eq((const char *)&got + body, (const char *)want + body, op->reply_body);
	ck_assert_uint_eq(got.tail_length, want->tail_length);
	ck_assert_mem_eq(got.tail, want->tail ? want->tail : bytes, want->tail_length);
}

/* The vectors prove the order of the fields; this, that a struct nobody sends does not hide. */
TEST(every_struct_is_part_of_some_message)
{
	static const char *const structs[] = {
#define X(name, bytes, fields) #name,
		WIRE_STRUCTS(X)
#undef X
	};
	static const char *const used[] = {"header", "entry", "holder", "account", "usage", "count",
		"event", "outcome", "inode", "viewed",
#define X(name, value, request, reply, tail) #request, #reply,
		WIRE_OPS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		bool found = false;

		for (size_t j = 0; j < sizeof(used) / sizeof(used[0]); j++)
			found = found || strcmp(structs[i], used[j]) == 0;
		ck_assert_msg(found, "no vector has a struct wire_%s", structs[i]);
	}
}

/* A struct of its own among bytes of whatever kind: the vectors of OPEN and STAT have two. */
TEST(an_entry_is_read_and_written_by_its_index)
{
	const struct wire_request *request = &ops[0].vector->request;
	uint8_t bytes[2 * WIRE_SIZE_entry];
	struct wire_entry entry;

	ck_assert_uint_eq(request->entry_count, 2);
	wire_get_right(request->entries, 0, &entry);
	ck_assert_uint_eq(entry.id, 0x81828384);
	ck_assert_uint_eq(entry.kind, 0x9192);
	ck_assert_uint_eq(entry.rights, 0xa1a2);
	wire_put_right(bytes, 0, &entry);
	wire_get_right(request->entries, 1, &entry);
	ck_assert_uint_eq(entry.id, 0xb1b2b3b4);
	wire_put_right(bytes, 1, &entry);
	ck_assert_mem_eq(bytes, request->entries, sizeof(bytes));
}

static const struct wire_reply *reply_of(uint16_t number)
{
	for (size_t i = 0; i < OP_COUNT; i++) {
		if (ops[i].number == number)
			return &ops[i].vector->reply;
	}
	return NULL;
}

/* From the vector's tail, and back into it; where a byte is missing, nothing is read or written. */
#define CHECK_PART(name, reply, at_, ...)                                                          \
	do {                                                                                       \
		const struct wire_##name want = {__VA_ARGS__};                                     \
		struct wire_##name part = {0};                                                     \
		uint8_t bytes[WIRE_SIZE_##name];                                                   \
		size_t at = (at_);                                                                 \
		size_t used = 0;                                                                   \
                                                                                                   \
		ck_assert(!wire_get_##name((reply)->tail, at + sizeof(bytes) - 1, &at, &part));    \
		ck_assert(wire_get_##name((reply)->tail, (reply)->tail_length, &at, &part));       \
		ck_assert_uint_eq(at, (at_) + sizeof(bytes));                                      \
		ck_assert_mem_eq(&part, &want, sizeof(part));                                      \
		ck_assert(!wire_put_##name(bytes, sizeof(bytes) - 1, &used, &part));               \
		ck_assert(wire_put_##name(bytes, sizeof(bytes), &used, &part));                    \
		ck_assert_uint_eq(used, sizeof(bytes));                                            \
		ck_assert_mem_eq(bytes, (reply)->tail + (at_), sizeof(bytes));                     \
	} while (0)

TEST(an_event_and_its_name_are_read_and_written)
{
	const struct wire_reply *reply = reply_of(WIRE_OP_WATCH);
	const struct wire_event want = {.time = 0x0102030405060708,
		.segment = 0x1112131415161718,
		.size = 0x2122232425262728,
		.kind = 0x31323334,
		.uid = 0x41424344,
		.pid = 0x51525354,
		.name_length = 3};
	uint8_t bytes[WIRE_SIZE_event + 3];
	struct wire_event event;
	const char *name;
	size_t used = 0;

	for (size_t cut = 0; cut < reply->tail_length; cut++)
		ck_assert(!wire_get_event(reply->tail, cut, &used, &event, &name));
	ck_assert(wire_get_event(reply->tail, reply->tail_length, &used, &event, &name));
	ck_assert_uint_eq(used, sizeof(bytes));
	ck_assert_mem_eq(&event, &want, sizeof(event));
	ck_assert_mem_eq(name, "/py", 3);
	used = 0;
	ck_assert(!wire_put_event(bytes, sizeof(bytes) - 1, &used, &event, name));
	ck_assert_uint_eq(used, 0);
	ck_assert(wire_put_event(bytes, sizeof(bytes), &used, &event, name));
	ck_assert_mem_eq(bytes, reply->tail, sizeof(bytes));
}

TEST(the_parts_of_tails_are_read_and_written)
{
	const struct wire_reply *accounted = reply_of(WIRE_OP_ACCOUNTS);

	CHECK_PART(holder, reply_of(WIRE_OP_HOLDERS), 0, .since = 0x4142434445464748,
		.connection = 0x5152535455565758, .handle = 0x61626364, .access = 0x71727374,
		.pid = 0x81828384, .uid = 0x91929394);
	CHECK_PART(account, accounted, 0, .uid = 0x31323334, .usage_count = 0x41424344);
	CHECK_PART(usage, accounted, WIRE_SIZE_account, .used = 0x5152535455565758,
		.limit = 0x6162636465666768, .resource = 0x71727374, .kind = 0x81828384);
	CHECK_PART(count, reply_of(WIRE_OP_STATUS), 0, .value = 0x1112131415161718,
		.counter = 0x21222324, .of = 0x31323334);
	CHECK_PART(outcome, reply_of(WIRE_OP_OPEN_MANY), 0, .segment = 0x0102030405060708,
		.size = 0x1112131415161718, .handle = 0x21222324, .access = 0x31323334,
		.status = 0x41424344, .reserved = 0x51525354);
	CHECK_PART(inode, reply_of(WIRE_OP_OPEN), 0, .inode = 0x3132333435363738);
	CHECK_PART(viewed, reply_of(WIRE_OP_OPEN), WIRE_SIZE_inode, .uid = 0x31323334,
		.gid = 0x41424344, .mode = 0x51525354, .reserved = 0x61626364);
}

/* Where a byte is missing, nothing is read or written. */
TEST(names_are_read_and_written)
{
	static const char *const names[] = {"/x", "", "/y\0y"};
	static const size_t lengths[] = {2, 0, 4};
	const struct wire_request *request = &ops[WIRE_OP_OPEN_MANY - 1].vector->request;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t read = 0;
	size_t written = 0;

	for (size_t i = 0; i < 3; i++) {
		const size_t end = read + 2 + lengths[i];
		const char *name;
		size_t length;

		ck_assert(!wire_get_name(request->name, end - 1, &read, &name, &length));
		ck_assert(
			wire_get_name(request->name, request->name_length, &read, &name, &length));
		ck_assert_uint_eq(length, lengths[i]);
		ck_assert_mem_eq(name, names[i], length);
		ck_assert_uint_eq(read, end);
		ck_assert(!wire_put_name(bytes, end - 1, &written, names[i], length));
		ck_assert(wire_put_name(bytes, sizeof(bytes), &written, names[i], length));
		ck_assert_uint_eq(written, end);
	}
	ck_assert_uint_eq(read, request->name_length);
	ck_assert_mem_eq(bytes, request->name, written);
	ck_assert(!wire_put_name(bytes, sizeof(bytes), &written, "", SIZE_MAX));
	ck_assert_uint_eq(written, read);
}

TEST_LOOP(any_request_encodes_back_to_the_bytes_it_came_from, OP_COUNT)
{
	const struct op *op = &ops[_i];

	for (unsigned int seed = 0; seed < 200; seed++) {
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t tail = op->tail == TAIL_NONE ? 0 : op->tail == TAIL_NAMES ? seed + 2 : seed;
		size_t length = make_any_message(op, op->request_body, tail, seed, bytes);
		struct wire_request request;
		struct wire_message message;

		ck_assert_int_eq(wire_decode_request(bytes, length, &request), STATUS_OK);
		ck_assert(wire_encode_request(&request, &message));
		ck_assert_uint_eq(message.length, length);
		ck_assert_mem_eq(message.bytes, bytes, length);
	}
}

TEST_LOOP(any_reply_encodes_back_to_the_bytes_it_came_from, OP_COUNT)
{
	const struct op *op = &ops[_i];

	for (unsigned int seed = 0; seed < 200; seed++) {
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t tail = has_reply_tail(op) ? seed : 0;
		size_t length = make_any_message(op, op->reply_body, tail, seed, bytes);
		struct wire_reply reply;
		struct wire_message message;

		ck_assert_int_eq(wire_decode_reply(bytes, length, &reply), STATUS_OK);
		ck_assert(wire_encode_reply(&reply, &message));
		ck_assert_uint_eq(message.length, length);
		ck_assert_mem_eq(message.bytes, bytes, length);
	}
}

TEST_LOOP(a_reply_that_is_not_ok_is_a_header_alone, OP_COUNT)
{
	struct wire_reply reply = ops[_i].vector->reply;
	struct wire_reply decoded;
	struct wire_message message;

	reply.header.fds = 0;
	reply.header.status = STATUS_DENIED;
	ck_assert(wire_encode_reply(&reply, &message));
	ck_assert_uint_eq(message.length, WIRE_SIZE_header);
	ck_assert_int_eq(wire_decode_reply(message.bytes, message.length, &decoded), STATUS_OK);
	assert_same_header(&decoded.header, &(struct wire_header){.version = WIRE_VERSION,
						    .op = ops[_i].number,
						    .serial = reply.header.serial,
						    .status = STATUS_DENIED});
	ck_assert_uint_eq(decoded.tail_length, 0);
}

/* What UNSUPPORTED answers. */
TEST(a_reply_that_is_not_ok_may_be_of_any_op)
{
	const struct wire_reply reply = {.header = {.op = 999, .status = STATUS_UNSUPPORTED}};
	struct wire_reply decoded;
	struct wire_message message;

	ck_assert(wire_encode_reply(&reply, &message));
	ck_assert_int_eq(wire_decode_reply(message.bytes, message.length, &decoded), STATUS_OK);
	ck_assert_uint_eq(decoded.header.op, 999);
	ck_assert_uint_eq(decoded.header.status, STATUS_UNSUPPORTED);
}

TEST(a_tail_fits_to_the_last_byte_of_a_message_and_no_further)
{
	static const char name[WIRE_MESSAGE_MAX];
	const size_t room = WIRE_MESSAGE_MAX - WIRE_SIZE_header;
	struct wire_request request = {.header = {.op = WIRE_OP_STAT}, .name = name};
	struct wire_message message;

	request.name_length = room;
	ck_assert(wire_encode_request(&request, &message));
	ck_assert_uint_eq(message.length, WIRE_MESSAGE_MAX);
	request.name_length = room + 1;
	ck_assert(!wire_encode_request(&request, &message));
	request.name_length = SIZE_MAX;
	ck_assert(!wire_encode_request(&request, &message));
	request = (struct wire_request){.header = {.op = WIRE_OP_SET_RIGHTS},
		.entries = (const uint8_t *)name,
		.entry_count = (room - WIRE_SIZE_set_rights) / WIRE_SIZE_entry};
	ck_assert(wire_encode_request(&request, &message));
	request.entry_count++;
	ck_assert(!wire_encode_request(&request, &message));
}

/* Programs of another version read these numbers: none may ever change. */
TEST(ops_and_statuses_keep_their_numbers_and_have_texts)
{
	static const char *const op_names[] = {"unknown", "OPEN", "CLOSE", "DELETE", "STAT", "LIST",
		"REOPEN", "ANONYMOUS", "REDEEM", "SET_RIGHTS", "SET_OWNER", "EXPLAIN", "HOLDERS",
		"ACCOUNTS", "STATUS", "WATCH", "OPEN_MANY"};
	const int statuses[] = {STATUS_OK, STATUS_VERSION, STATUS_UNSUPPORTED, STATUS_MALFORMED,
		STATUS_INTERNAL, STATUS_NOT_FOUND, STATUS_EXISTS, STATUS_DENIED, STATUS_NOT_OWNER,
		STATUS_BAD_NAME, STATUS_NAME_TOO_LONG, STATUS_BAD_SIZE, STATUS_TOO_BIG,
		STATUS_NO_RESOURCES, STATUS_NO_MEMORY, STATUS_BAD_RIGHTS, STATUS_REFUSED};

	for (uint16_t i = 0; i < sizeof(op_names) / sizeof(op_names[0]); i++)
		ck_assert_str_eq(wire_op_name(i), op_names[i]);
	ck_assert_str_eq(wire_op_name(UINT16_MAX), "unknown");
	for (uint16_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		ck_assert_int_eq(statuses[i], i);
		ck_assert_str_ne(status_text(i), "unknown status");
	}
	ck_assert_str_eq(status_text(UINT16_MAX), "unknown status");
}
