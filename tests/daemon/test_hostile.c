/* SPDX-License-Identifier: MIT */
/* Messages that break the protocol, or bend it: who sends one is told or cut off, and alone. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_MESSAGE 65536

static int intruder;

static void begin(void)
{
	scene_begin_plain();
	intruder = broker_process_connect(&scene.broker);
}

static void end(void)
{
	close(intruder);
	scene_end();
}

static void put_bytes(const void *bytes, size_t length)
{
	ck_assert_int_eq(send(intruder, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void make_valid(struct wire_message *message)
{
	exchange_make_open(message, "/intruder", strlen("/intruder"), WIRE_OPEN_CREATE, 4096, 0600,
		exchange_next_serial(intruder));
}

/* The intruder's message, changed in one 16-bit field of its header. */
static void put_changed(size_t offset, uint16_t value)
{
	struct wire_message message;

	make_valid(&message);
	message.bytes[offset] = (uint8_t)value;
	message.bytes[offset + 1] = (uint8_t)(value >> 8);
	exchange_send(intruder, &message);
}

/* And goes on, so that what the intruder sent is what ended it. */
static void check_status(enum status status)
{
	struct answer answer;

	exchange_receive(intruder, &answer);
	ck_assert_int_eq(answer.reply.header.status, status);
	wire_message_deinit(&answer.message);
}

static void reconnect(void)
{
	close(intruder);
	intruder = broker_process_connect(&scene.broker);
}

FIXTURE(begin, end);

TEST(every_truncation_of_an_open_ends_the_connection)
{
	struct wire_message message;
	const size_t nameless = (size_t)WIRE_SIZE_header + WIRE_SIZE_open;

	make_valid(&message);
	for (size_t length = 1; length < message.length; length++) {
		put_bytes(message.bytes, length);
		ck_assert_msg(exchange_is_ended(intruder), "survived %zu bytes", length);
		reconnect();
	}
	ck_assert_uint_gt(message.length, nameless);
	scene_check_honest();
}

/* The length agrees each time, so only the op's own needs are left to be broken. */
TEST(an_open_without_its_body_or_name_does_nothing)
{
	struct wire_message message;
	const size_t nameless = (size_t)WIRE_SIZE_header + WIRE_SIZE_open;

	make_valid(&message);
	for (size_t length = WIRE_SIZE_header; length < nameless; length++) {
		message.bytes[offsetof(struct wire_header, length)] = (uint8_t)length;
		put_bytes(message.bytes, length);
		ck_assert_msg(exchange_is_ended(intruder), "survived %zu bytes", length);
		reconnect();
	}
	message.bytes[offsetof(struct wire_header, length)] = (uint8_t)nameless;
	put_bytes(message.bytes, nameless);
	check_status(STATUS_BAD_NAME);
}

/* A LIST that is well-formed as far as a reader of 4096 bytes would get. */
TEST(too_long_a_message_ends_the_connection)
{
	const size_t lengths[] = {WIRE_MESSAGE_MAX + 1, LONG_MESSAGE};
	uint8_t *bytes = calloc(1, LONG_MESSAGE);
	const struct wire_request request = {
		.header = {.op = WIRE_OP_LIST},
		.name = (const char *)bytes,
		.name_length = WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_list,
	};
	struct wire_message message;

	ck_assert(wire_encode_request(&request, &message));
	ck_assert_uint_eq(message.length, WIRE_MESSAGE_MAX);
	memcpy(bytes, message.bytes, message.length);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put_bytes(bytes, lengths[i]);
		ck_assert(exchange_is_ended(intruder));
		reconnect();
	}
	free(bytes);
}

/* CLOSE and REOPEN have neither name nor prefix. */
TEST(bytes_that_an_op_has_no_use_for_end_the_connection)
{
	const uint16_t ops[] = {WIRE_OP_CLOSE, WIRE_OP_REOPEN};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const struct wire_request request = {
			.header = {.op = ops[i]},
			.name = "x",
			.name_length = 1,
		};
		struct wire_message message;

		ck_assert(wire_encode_request(&request, &message));
		exchange_send(intruder, &message);
		ck_assert(exchange_is_ended(intruder));
		reconnect();
	}
}

TEST(longest_message_is_read_whole)
{
	struct wire_request request = {.header = {.op = WIRE_OP_LIST}};
	char prefix[WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_list];
	struct answer answer;

	memset(prefix, '/', sizeof(prefix));
	request.name = prefix;
	request.name_length = sizeof(prefix);
	ck_assert_int_eq(exchange(intruder, &request, &answer), STATUS_OK);
	ck_assert_uint_eq(answer.reply.listed.count, 0);
}

TEST(message_of_no_bytes_ends_the_connection)
{
	put_bytes("", 0);
	ck_assert(exchange_is_ended(intruder));
}

TEST(another_version_is_told_and_then_ended)
{
	put_changed(offsetof(struct wire_header, version), WIRE_VERSION + 1);
	check_status(STATUS_VERSION);
	ck_assert(exchange_is_ended(intruder));
}

/* A later version may say more: its header is all that we read of it. */
TEST(another_version_of_another_length_is_told_too)
{
	struct wire_message message;

	make_valid(&message);
	message.bytes[offsetof(struct wire_header, version)] = 99;
	message.length = WIRE_SIZE_header;
	exchange_send(intruder, &message);
	check_status(STATUS_VERSION);
	ck_assert(exchange_is_ended(intruder));
}

TEST(unknown_op_is_refused_and_the_connection_goes_on)
{
	const uint16_t ops[] = {0, 99, 255, 0x100, 0xffff};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		put_changed(offsetof(struct wire_header, op), ops[i]);
		check_status(STATUS_UNSUPPORTED);
	}
	ck_assert_uint_eq(exchange_list(intruder, "/intruder"), 0);
}

TEST(status_or_descriptors_in_a_request_end_the_connection)
{
	put_changed(offsetof(struct wire_header, status), 1);
	ck_assert(exchange_is_ended(intruder));
	reconnect();
	put_changed(offsetof(struct wire_header, fds), 1);
	ck_assert(exchange_is_ended(intruder));
}

/* Each is newer than the last, as counters go round. */
TEST(any_serial_comes_back_as_it_was)
{
	const uint32_t serials[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0, 1};

	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		struct wire_message message;
		struct answer answer;

		exchange_make_open(&message, "/missing", 8, 0, 0, 0, serials[i]);
		exchange_send(intruder, &message);
		exchange_receive(intruder, &answer);
		ck_assert_uint_eq(answer.reply.header.serial, serials[i]);
		ck_assert_int_eq(answer.reply.header.status, STATUS_NOT_FOUND);
	}
}

/* Sends a valid request with so many of our descriptors: one, and the most the kernel takes. */
static void put_with_descriptors(size_t count)
{
	static union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(253 * sizeof(int))];
	} control;
	struct wire_message message;
	struct iovec iov = {.iov_base = message.bytes};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes};
	struct cmsghdr *c;

	make_valid(&message);
	iov.iov_len = message.length;
	header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &intruder, sizeof(int));
	ck_assert_int_eq(sendmsg(intruder, &header, MSG_NOSIGNAL), (ssize_t)message.length);
}

/* scene_end sees that the broker keeps none of them. */
TEST(descriptors_in_a_message_end_the_connection)
{
	put_with_descriptors(1);
	ck_assert(exchange_is_ended(intruder));
	reconnect();
	put_with_descriptors(253);
	ck_assert(exchange_is_ended(intruder));
	ck_assert_uint_eq(exchange_list(scene.honest, "/intruder"), 0);
}

TEST(client_that_stops_writing_is_ended)
{
	exchange_create(intruder, "/half");
	ck_assert_int_eq(exchange_delete(intruder, "/half"), STATUS_OK);
	ck_assert_int_eq(shutdown(intruder, SHUT_WR), 0);
	ck_assert(exchange_is_ended(intruder));
}

/* It cannot be answered, which the broker learns when it tries. */
TEST(client_that_stops_reading_is_ended_when_it_asks)
{
	struct wire_message message;

	ck_assert_int_eq(shutdown(intruder, SHUT_RD), 0);
	exchange_make_open(&message, "/honest", 7, 0, 0, 0, exchange_next_serial(intruder));
	exchange_send(intruder, &message);
	scene_check_restored();
}

TEST(handles_that_are_not_there_are_closed_in_vain)
{
	const uint32_t handles[] = {0, 1, 7, 8, 65535, 65536, 0x7fffffff, 0xffffffff};

	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
		exchange_close(intruder, handles[i]);
	exchange_create(intruder, "/mine");
	exchange_close(intruder, 0);
	exchange_close(intruder, 0);
	ck_assert_uint_eq(exchange_holders(intruder, "/mine"), 0);
	ck_assert_int_eq(exchange_delete(intruder, "/mine"), STATUS_OK);
	ck_assert_uint_eq(exchange_holders(scene.honest, "/honest"), 1);
}
