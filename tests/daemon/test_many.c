/* SPDX-License-Identifier: MIT */
/*
 * Replies with many descriptors, to clients that do not read them or ask for them in a broken way.
 * One such reply has as many in flight as 64 others, and the kernel counts them for the broker's
 * uid.
 */
#include "tests/daemon/scene.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Its sixteenth part, 16, is for replies with many: of one user at most 8 then. */
#define FEW_DESCRIPTORS 256
#define SHARE           (FEW_DESCRIPTORS / 16 / 2)
#define GREEDY          20 /* connections; there are 24 */

static struct broker_options few_descriptors = {.descriptors = FEW_DESCRIPTORS};

static void begin_few(void)
{
	few_descriptors.uid = scene_own_uid();
	scene_begin(&few_descriptors);
}

/* Bytes of an OPEN_MANY of "/honest", so often. */
static void make_many(struct wire_message *message, uint32_t count, uint32_t flags, uint32_t serial)
{
	uint8_t tail[64 * 16];
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN_MANY, .serial = serial},
		.open_many = {.flags = flags, .count = count},
		.name = (const char *)tail,
	};

	for (uint32_t i = 0; i < count; i++)
		ck_assert(wire_put_name(tail, sizeof(tail), &request.name_length, "/honest", 7));
	*message = (struct wire_message){0};
	ck_assert(wire_encode_request(&request, message));
}

/* Returns how many were opened; keeps none of the descriptors. */
static uint32_t read_many(int connection)
{
	struct answer answer;

	exchange_receive(connection, &answer);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.reply.header.op, WIRE_OP_OPEN_MANY);
	ck_assert_uint_eq(answer.message.fd_count, answer.reply.opened_many.count);
	wire_message_deinit(&answer.message);
	return answer.reply.opened_many.count;
}

static uint32_t ask_many(int connection, uint32_t count)
{
	struct wire_message message;

	make_many(&message, count, 0, exchange_next_serial(connection));
	exchange_send(connection, &message);
	return read_many(connection);
}

/* As often as the kernel takes it; returns how often that was. */
static uint32_t put_many(int connection, uint32_t attempts, uint32_t flags)
{
	uint32_t sent = 0;

	for (uint32_t i = 0; i < attempts; i++) {
		struct wire_message message;
		int error;

		make_many(&message, WIRE_FDS_MAX, flags, exchange_next_serial(connection));
		error = wire_send(connection, &message, MSG_DONTWAIT);
		if (error != 0 && error != -EAGAIN)
			break;
		sent += error == 0;
	}
	return sent;
}

FIXTURE(scene_begin_plain, scene_end);

TEST(all_64_come_with_one_reply)
{
	int connection = broker_process_connect(&scene.broker);

	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(ask_many(connection, WIRE_FDS_MAX), WIRE_FDS_MAX);
	ck_assert_uint_eq(exchange_holders(scene.honest, "/honest"), 1 + 100 * WIRE_FDS_MAX);
	close(connection);
}

TEST(every_truncation_ends_the_connection)
{
	struct wire_message message;

	make_many(&message, 3, 0, 1);
	for (size_t length = WIRE_SIZE_header; length < message.length; length++) {
		int connection = broker_process_connect(&scene.broker);

		message.bytes[offsetof(struct wire_header, length)] = (uint8_t)length;
		ck_assert_int_eq(
			send(connection, message.bytes, length, MSG_NOSIGNAL), (ssize_t)length);
		ck_assert_msg(exchange_is_ended(connection), "survived %zu bytes", length);
		close(connection);
	}
	scene_check_honest();
}

TEST(another_count_than_there_are_names_ends_the_connection)
{
	static const uint8_t wrong[] = {0, 2, 4, 64, 65, 255};
	const size_t at = WIRE_SIZE_header + offsetof(struct wire_open_many, count);

	for (size_t i = 0; i < sizeof(wrong); i++) {
		int connection = broker_process_connect(&scene.broker);
		struct wire_message message;

		make_many(&message, 3, 0, 1);
		message.bytes[at] = wrong[i];
		exchange_send(connection, &message);
		ck_assert_msg(exchange_is_ended(connection), "survived a count of %u", wrong[i]);
		close(connection);
	}
	scene_check_honest();
}

/* Two thousand empty names fit into a message: it does as many as a reply has. */
TEST(more_names_than_64_are_not_looked_at)
{
	static const uint8_t tail[WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_open_many];
	int connection = broker_process_connect(&scene.broker);
	const struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN_MANY, .serial = 1},
		.open_many = {.count = sizeof(tail) / 2},
		.name = (const char *)tail,
		.name_length = sizeof(tail),
	};
	struct wire_message message = {0};
	struct answer answer;

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
	exchange_receive(connection, &answer);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.reply.opened_many.count, WIRE_FDS_MAX);
	ck_assert_uint_eq(answer.message.fd_count, 0);
	close(connection);
}

FIXTURE(begin_few, scene_end);

/* Descriptors that only read are the broker's own until they are sent: they fill its table, too. */
TEST_LOOP(clients_that_read_none_of_many_stop_nobody_else, 2)
{
	const uint32_t flags = _i == 0 ? 0 : WIRE_OPEN_READONLY;
	int greedy[GREEDY];

	for (int i = 0; i < GREEDY; i++)
		greedy[i] = broker_process_connect(&scene.broker);
	for (int i = 0; i < GREEDY; i++)
		put_many(greedy[i], 200, flags);
	for (int i = 0; i < 10; i++)
		scene_check_honest();
	ck_assert_uint_lt(process_count_fds(scene.broker.pid), FEW_DESCRIPTORS);
	for (int i = 0; i < GREEDY; i++)
		close(greedy[i]);
}

/* What they had is in flight for as long as they keep their end open. */
TEST(connections_that_end_with_many_unread_stop_nobody_else)
{
	const int crowd = FEW_DESCRIPTORS / 4;
	int *greedy = calloc((size_t)crowd, sizeof(*greedy));
	struct pollfd last = {.events = POLLIN};

	for (int i = 0; i < crowd; i++) {
		greedy[i] = broker_process_connect(&scene.broker);
		put_many(greedy[i], 1, 0);
		shutdown(greedy[i], SHUT_WR);
	}
	last.fd = greedy[GREEDY - 1];
	ck_assert_int_eq(poll(&last, 1, 20000), 1); /* it has its reply, and so have those before */
	for (int i = 0; i < 10; i++)
		scene_check_honest();
	for (int i = 0; i < crowd; i++)
		close(greedy[i]);
	free(greedy);
}

TEST(who_has_not_read_gets_one_and_who_has_gets_its_share_again)
{
	int connection = broker_process_connect(&scene.broker);
	struct wire_message message;

	ck_assert_uint_eq(ask_many(connection, WIRE_FDS_MAX), SHARE);
	ck_assert_uint_eq(ask_many(connection, 3), 3);
	for (int i = 0; i < 3; i++) {
		make_many(&message, WIRE_FDS_MAX, 0, exchange_next_serial(connection));
		exchange_send(connection, &message);
	}
	scene_check_honest(); /* a round trip of another: they have been read */
	ck_assert_uint_eq(read_many(connection), SHARE);
	ck_assert_uint_eq(read_many(connection), 1);
	ck_assert_uint_eq(read_many(connection), 1);
	ck_assert_uint_eq(ask_many(connection, WIRE_FDS_MAX), SHARE);
	close(connection);
}

/* Nothing tells the broker that a client has read; it looks when there is need. */
TEST(what_idle_clients_have_read_is_there_for_others)
{
	int idle[GREEDY];

	for (int i = 0; i < GREEDY; i++) {
		idle[i] = broker_process_connect(&scene.broker);
		ck_assert_uint_eq(ask_many(idle[i], WIRE_FDS_MAX), SHARE);
	}
	for (int i = 0; i < GREEDY; i++)
		close(idle[i]);
}

TEST(what_went_with_a_connection_is_there_for_others)
{
	for (int i = 0; i < GREEDY; i++) {
		int connection = broker_process_connect(&scene.broker);

		put_many(connection, 1, 0);
		scene_check_honest();
		close(connection); /* unread */
		scene_check_restored();
	}
	ck_assert_uint_eq(ask_many(scene.honest, WIRE_FDS_MAX), SHARE);
	for (uint32_t handle = 1; handle <= SHARE; handle++) /* 0 is from the beginning */
		exchange_close(scene.honest, handle);
}

/* As another user: who connects is what counts. */
static int connect_as(uid_t uid)
{
	int connection;

	ck_assert_int_eq(seteuid(uid), 0);
	connection = broker_process_connect(&scene.broker);
	ck_assert_int_eq(seteuid(0), 0);
	return connection;
}

/* Alice reads nothing of all she can get, on several connections. */
TEST_UNLESS(without_root, one_user_leaves_some_to_another)
{
	const struct wire_request open_to_all = {
		.header = {.op = WIRE_OP_SET_RIGHTS},
		.set_rights = {.mode = 0666},
		.name = "/honest",
		.name_length = 7,
	};
	struct answer answer;
	int alice[8];
	int bob;

	ck_assert_int_eq(exchange(scene.honest, &open_to_all, &answer), STATUS_OK);
	for (int i = 0; i < 8; i++) {
		alice[i] = connect_as(ALICE);
		put_many(alice[i], 1, 0);
	}
	bob = connect_as(BOB);
	ck_assert_uint_eq(ask_many(bob, WIRE_FDS_MAX), SHARE / 2);
	for (int i = 0; i < 8; i++)
		close(alice[i]);
	close(bob);
}
