/* SPDX-License-Identifier: MIT */
/* The codec: which bytes are no message, and what becomes of them. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/wire-vectors.h"
#include "tests/lib/testing.h"

#define LENGTH_OFFSET 12 /* of the header's field */

static void set_length(uint8_t *bytes, size_t length)
{
	const uint32_t value = htole32((uint32_t)length);

	memcpy(bytes + LENGTH_OFFSET, &value, sizeof(value));
}

/* From a heap block of just that length, so that AddressSanitizer sees a read beyond it. */
static enum status decode_exactly(bool reply, const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);
	struct wire_request request;
	struct wire_request request_before;
	struct wire_reply answer;
	struct wire_reply answer_before;
	enum status status;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	memset(&request, 0x5a, sizeof(request));
	memset(&answer, 0x5a, sizeof(answer));
	memcpy(&request_before, &request, sizeof(request));
	memcpy(&answer_before, &answer, sizeof(answer));
	status = reply ? wire_decode_reply(copy, length, &answer)
		       : wire_decode_request(copy, length, &request);
	free(copy);
	if (status == STATUS_MALFORMED) {
		ck_assert_mem_eq(&request, &request_before, sizeof(request));
		ck_assert_mem_eq(&answer, &answer_before, sizeof(answer));
	}
	return status;
}

static void refuse_truncations(const struct op *op, bool reply)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length =
		from_hex(reply ? op->vector->reply_bytes : op->vector->request_bytes, bytes);
	size_t fixed =
		WIRE_SIZE_header + (reply ? op->reply_body
					  : op->request_body + op->vector->request.entry_count *
								       (size_t)WIRE_SIZE_entry);

	ck_assert_int_eq(decode_exactly(reply, bytes, length), STATUS_OK);
	for (size_t cut = 0; cut < length; cut++)
		ck_assert_int_eq(decode_exactly(reply, bytes, cut), STATUS_MALFORMED);
	/* The same, by a client that lies about nothing. */
	for (size_t cut = WIRE_SIZE_header; cut < fixed; cut++) {
		set_length(bytes, cut);
		ck_assert_int_eq(decode_exactly(reply, bytes, cut), STATUS_MALFORMED);
	}
}

TEST_LOOP(every_truncation_of_a_message_is_malformed, OP_COUNT)
{
	refuse_truncations(&ops[_i], false);
	refuse_truncations(&ops[_i], true);
}

TEST_LOOP(a_length_that_is_not_the_messages_is_malformed, OP_COUNT)
{
	const struct op *op = &ops[_i];
	const char *const vectors[] = {op->vector->request_bytes, op->vector->reply_bytes};

	for (int reply = 0; reply < 2; reply++) {
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t length = from_hex(vectors[reply], bytes);
		const size_t wrong[] = {0, 1, WIRE_SIZE_header - 1, length - 1, length + 1,
			length + 65536, UINT32_MAX};

		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			set_length(bytes, wrong[i]);
			ck_assert_int_eq(decode_exactly(reply, bytes, length), STATUS_MALFORMED);
		}
	}
}

TEST_LOOP(a_request_has_a_tail_only_if_its_op_has_one, OP_COUNT)
{
	const struct op *op = &ops[_i];
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t room = sizeof(bytes) - WIRE_SIZE_header - op->request_body;
	const size_t tails[] = {1, 2, WIRE_NAME_MAX, WIRE_NAME_MAX + 1, room};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		const bool fits = op->tail != TAIL_NONE && (op->tail != TAIL_NAMES || tails[i] > 1);
		size_t length = make_any_message(op, op->request_body, tails[i], 1, bytes);

		ck_assert_int_eq(
			decode_exactly(false, bytes, length), fits ? STATUS_OK : STATUS_MALFORMED);
	}
}

TEST_LOOP(a_reply_has_a_tail_only_if_its_op_has_one, OP_COUNT)
{
	const struct op *op = &ops[_i];
	const enum status expected = has_reply_tail(op) ? STATUS_OK : STATUS_MALFORMED;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = make_any_message(op, op->reply_body, 1, 1, bytes);

	ck_assert_int_eq(decode_exactly(true, bytes, length), expected);
	bytes[8] = STATUS_DENIED; /* what failed has nothing to tell, whatever the op */
	ck_assert_int_eq(decode_exactly(true, bytes, length), STATUS_MALFORMED);
}

/* 0x20000001 of 8 bytes each would be 8 where sizes have 32 bits. */
TEST_LOOP(more_entries_than_the_tail_has_room_for_are_malformed, OP_COUNT)
{
	static const uint32_t beyond[] = {4, 5, 0x20000001, 0x80000000, UINT32_MAX};
	const struct op *op = &ops[_i];
	uint8_t bytes[WIRE_MESSAGE_MAX];

	if (op->tail != TAIL_ENTRIES)
		return;
	for (size_t tail = 3 * WIRE_SIZE_entry; tail < 4 * WIRE_SIZE_entry; tail++) {
		size_t length = make_any_message(op, op->request_body, tail, 1, bytes);

		set_entry_count(op, 3, bytes);
		ck_assert_int_eq(decode_exactly(false, bytes, length), STATUS_OK);
		for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
			set_entry_count(op, beyond[i], bytes);
			ck_assert_int_eq(decode_exactly(false, bytes, length), STATUS_MALFORMED);
		}
	}
}

/* Of the vector's three names, whatever the count says, and with every byte of them cut off. */
TEST(names_that_are_not_as_many_as_it_says_or_end_elsewhere_are_malformed)
{
	static const uint32_t wrong[] = {0, 1, 2, 4, 64, 65, 0x80000000, UINT32_MAX};
	const struct op *op = &ops[WIRE_OP_OPEN_MANY - 1];
	const size_t count_at = WIRE_SIZE_header + offsetof(struct wire_open_many, count);
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length = from_hex(op->vector->request_bytes, bytes);
	uint32_t count;

	for (size_t cut = WIRE_SIZE_header; cut < length; cut++) {
		set_length(bytes, cut);
		ck_assert_int_eq(decode_exactly(false, bytes, cut), STATUS_MALFORMED);
	}
	bytes[length] = 0; /* a byte more is half a length */
	set_length(bytes, length + 1);
	ck_assert_int_eq(decode_exactly(false, bytes, length + 1), STATUS_MALFORMED);
	set_length(bytes, length);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		count = htole32(wrong[i]);
		memcpy(bytes + count_at, &count, sizeof(count));
		ck_assert_int_eq(decode_exactly(false, bytes, length), STATUS_MALFORMED);
	}
	count = htole32(3);
	memcpy(bytes + count_at, &count, sizeof(count));
	ck_assert_int_eq(decode_exactly(false, bytes, length), STATUS_OK);
}

TEST_LOOP(a_request_with_a_status_or_descriptors_is_malformed, OP_COUNT)
{
	for (size_t at = 8; at < LENGTH_OFFSET; at++) {
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t length = from_hex(ops[_i].vector->request_bytes, bytes);

		bytes[at] ^= 0x80;
		ck_assert_int_eq(decode_exactly(false, bytes, length), STATUS_MALFORMED);
	}
}

static bool is_an_op(unsigned int number)
{
	for (int i = 0; i < OP_COUNT; i++) {
		if (ops[i].number == number)
			return true;
	}
	return false;
}

TEST(every_other_op_is_unsupported)
{
	for (unsigned int number = 0; number <= UINT16_MAX; number++) {
		const struct op op = {.number = (uint16_t)number};
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t length = make_any_message(&op, 0, number % 3, 77, bytes);
		struct wire_request request = {.header = {.op = (uint16_t)number}};
		const struct wire_reply reply = {.header = {.op = (uint16_t)number}};
		struct wire_message message;

		if (is_an_op(number))
			continue;
		ck_assert(!wire_encode_request(&request, &message));
		ck_assert(!wire_encode_reply(&reply, &message));
		ck_assert_int_eq(wire_decode_request(bytes, length, &request), STATUS_UNSUPPORTED);
		ck_assert_uint_eq(request.header.op, number);
		ck_assert_uint_eq(request.header.serial, 77);
		ck_assert_int_eq(decode_exactly(true, bytes, length), STATUS_MALFORMED);
	}
}

/* All that is known of another version is where its header has version, op and serial. */
TEST(another_version_is_told_apart_whatever_else_the_message_holds)
{
	const uint16_t others[] = {0, 2, 256, UINT16_MAX};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint8_t bytes[WIRE_SIZE_header] = {0};
		struct wire_request request;
		struct wire_reply reply;

		memset(bytes, 0xee, sizeof(bytes));
		bytes[0] = (uint8_t)(others[i] & 0xff);
		bytes[1] = (uint8_t)(others[i] >> 8);
		ck_assert_int_eq(
			wire_decode_request(bytes, sizeof(bytes), &request), STATUS_VERSION);
		ck_assert_int_eq(wire_decode_reply(bytes, sizeof(bytes), &reply), STATUS_VERSION);
		ck_assert_uint_eq(request.header.version, others[i]);
		ck_assert_uint_eq(request.header.serial, 0xeeeeeeee);
		ck_assert_uint_eq(reply.header.serial, 0xeeeeeeee);
		ck_assert_int_eq(decode_exactly(false, bytes, sizeof(bytes) - 1), STATUS_MALFORMED);
	}
}
