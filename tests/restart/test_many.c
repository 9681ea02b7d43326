/* SPDX-License-Identifier: MIT */
/*
 * OPEN_MANY on its way when the broker dies: each name is opened once, under the handle that is
 * told.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/restart/restart-case.h"

/* Names with a blank between two. */
static void send_many(int connection, const char *names, uint32_t serial)
{
	uint8_t tail[256];
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN_MANY, .serial = serial},
		.name = (const char *)tail,
	};
	struct wire_message message = {0};

	for (; *names; names += *names == ' ') {
		const size_t length = strcspn(names, " ");

		ck_assert(wire_put_name(tail, sizeof(tail), &request.name_length, names, length));
		request.open_many.count++;
		names += length;
	}
	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
}

/* Of OPEN_MANY: the handle of each, or '-' and the status. */
static void expect_many(int connection, uint32_t serial, const char *wanted)
{
	char told[256] = "";
	struct answer answer;
	struct wire_outcome outcome;
	size_t used = 0;
	size_t length = 0;

	exchange_receive(connection, &answer);
	wire_message_deinit(&answer.message);
	ck_assert_uint_eq(answer.reply.header.serial, serial);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	while (wire_get_outcome(answer.reply.tail, answer.reply.tail_length, &used, &outcome)) {
		const bool opened = outcome.status == STATUS_OK;

		length += (size_t)snprintf(told + length, sizeof(told) - length, "%s%s%u",
			length > 0 ? " " : "", opened ? "" : "-",
			opened ? outcome.handle : outcome.status);
	}
	ck_assert_str_eq(told, wanted);
}

FIXTURES(&place_alone, &place_supervised);

TEST(many_that_were_opened_are_open_once_and_under_the_same_handles)
{
	const int connection = place_connect();
	const int other = place_connect();

	exchange_create(other, "/a");
	exchange_create(other, "/b");
	send_many(connection, "/b /none /a /b", 100);
	expect_many(connection, 100, "0 -5 1 2");
	exchange_create(other, "/none");
	for (int i = 0; i < 2; i++) {
		broker_restart();
		restarted_await(connection);
		send_many(connection, "/b /none /a /b", 100);
		send_many(connection, "/b /none /a /b", 100);
		expect_many(connection, 100, "0 -17 1 2");
		ask_holders("/b", 3);
		ask_holders("/none", 1);
	}
	send_many(connection, "/none", 101);
	expect_many(connection, 101, "3");
	close(connection);
	ask_holders("/b", 1);
	close(other);
}

TEST(many_that_were_not_read_are_done_once_though_they_are_sent_twice)
{
	const int connection = place_connect();
	const int other = place_connect();

	exchange_create(other, "/a");
	exchange_create(other, "/b");
	send_many(connection, "/nothing", 99);
	expect_many(connection, 99, "-5");
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	send_many(connection, "/a /b /a", 100);
	broker_restart();
	restarted_await(connection);
	send_many(connection, "/a /b /a", 100);
	ask_holders("/a", 3);
	expect_many(connection, 100, "0 1 2");
	ask_holders("/b", 2);
	send_many(connection, "/nothing", 101);
	expect_many(connection, 101, "-5");
	close(connection);
	close(other);
}
