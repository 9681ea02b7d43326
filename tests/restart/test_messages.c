/* SPDX-License-Identifier: MIT */
/* What is on its way when the broker dies, message by message, and what clients must not do with
 * it. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/testing.h"
#include "tests/restart/restart-case.h"

#define EXCLUSIVE (WIRE_OPEN_CREATE | WIRE_OPEN_EXCL)

static void send_open(int connection, const char *name, uint32_t flags, uint32_t serial)
{
	struct wire_message message;

	exchange_make_open(&message, name, strlen(name), flags, 4096, 0600, serial);
	exchange_send(connection, &message);
}

static void send_named(int connection, enum wire_op op, const char *name, uint32_t serial)
{
	const struct wire_request request = {
		.header = {.op = (uint16_t)op, .serial = serial},
		.name = name,
		.name_length = strlen(name),
	};
	struct wire_message message = {0};

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
}

static void send_close(int connection, uint32_t handle, uint32_t serial)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE, .serial = serial},
		.close = {.handle = handle},
	};
	struct wire_message message = {0};

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
}

/* The next message is the reply to that. Its status; the descriptor is closed. */
static enum status receive(int connection, uint32_t serial, struct answer *answer)
{
	struct answer other;

	if (!answer)
		answer = &other;
	exchange_receive(connection, answer);
	wire_message_deinit(&answer->message);
	ck_assert_uint_eq(answer->reply.header.serial, serial);
	return answer->reply.header.status;
}

static bool is_silent(int connection)
{
	struct pollfd poller = {.fd = connection, .events = POLLIN};

	ask_stat("/nothing", NULL); /* two round trips of others: ours has been read */
	ask_stat("/nothing", NULL);
	return poll(&poller, 1, 0) == 0;
}

FIXTURES(&place_alone, &place_supervised);

TEST(a_request_that_was_not_read_is_done_once_though_it_is_sent_twice)
{
	const int connection = place_connect();

	send_named(connection, WIRE_OP_STAT, "/nothing", 99);
	ck_assert_int_eq(receive(connection, 99, NULL), STATUS_NOT_FOUND);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	send_open(connection, "/a", EXCLUSIVE, 100);
	broker_restart();
	restarted_await(connection);
	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_OK);
	send_open(connection, "/a", EXCLUSIVE, 101);
	ck_assert_int_eq(receive(connection, 101, NULL), STATUS_EXISTS);
	ask_holders("/a", 1);
	close(connection);
}

TEST(a_request_that_was_done_is_not_done_again)
{
	const int connection = place_connect();
	struct answer first;
	struct answer second;

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, &first), STATUS_OK);
	broker_restart();
	restarted_await(connection);
	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, &second), STATUS_OK);
	ck_assert_uint_eq(first.reply.opened.handle, second.reply.opened.handle);
	ck_assert_uint_eq(first.reply.opened.segment, second.reply.opened.segment);
	ck_assert_uint_eq(second.reply.header.fds, 1);
	ask_holders("/a", 1);
	send_named(connection, WIRE_OP_DELETE, "/a", 101);
	ck_assert_int_eq(receive(connection, 101, NULL), STATUS_OK);
	broker_restart();
	restarted_await(connection);
	send_named(connection, WIRE_OP_DELETE, "/a", 101);
	ck_assert_int_eq(receive(connection, 101, NULL), STATUS_OK);
	send_named(connection, WIRE_OP_DELETE, "/a", 102);
	ck_assert_int_eq(receive(connection, 102, NULL), STATUS_NOT_FOUND);
	close(connection);
}

TEST(a_request_that_failed_fails_again_also_when_it_could_succeed_now)
{
	const int connection = place_connect();
	const int other = place_connect();

	exchange_create(other, "/a");
	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_EXISTS);
	ck_assert_int_eq(exchange_delete(other, "/a"), STATUS_OK);
	broker_restart();
	restarted_await(connection);
	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_EXISTS);
	ck_assert_int_eq(ask_stat("/a", NULL), STATUS_NOT_FOUND);
	close(other);
	close(connection);
}

TEST(replies_that_nobody_has_read_are_read_later)
{
	const int connection = place_connect();
	struct pollfd poller = {.fd = connection, .events = POLLIN};

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(poll(&poller, 1, 20000), 1);
	broker_restart();
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_OK);
	restarted_await(connection);
	send_named(connection, WIRE_OP_STAT, "/a", 101);
	ck_assert_int_eq(receive(connection, 101, NULL), STATUS_OK);
	close(connection);
}

/* So full that the reply of the last request, which has been done, stays with the broker. */
TEST(a_reply_that_did_not_fit_is_got_by_asking_again)
{
	const int connection = place_connect();
	struct answer answer;
	uint32_t serial = 100;
	bool restarted = false;

	for (; serial < 130; serial++) {
		send_named(connection, WIRE_OP_LIST, "", serial);
		ask_stat("/nothing", NULL);
		ask_stat("/nothing", NULL);
	}
	for (serial = 100; !restarted; serial++) {
		if (serial == 101)
			broker_restart();
		exchange_receive(connection, &answer);
		restarted = answer.reply.header.op == 0;
		ck_assert(restarted || answer.reply.header.serial == serial);
	}
	send_open(connection, "/a", EXCLUSIVE, 130);
	do
		exchange_receive(connection, &answer);
	while (answer.reply.header.serial != 130);
	ck_assert_uint_eq(answer.reply.header.status, STATUS_OK);
	wire_message_deinit(&answer.message);
	ask_holders("/a", 1);
	close(connection);
}

TEST(an_older_serial_is_ignored_and_an_equal_one_of_another_op_ends_the_connection)
{
	const int connection = place_connect();

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_OK);
	for (int i = 0; i < 2; i++) {
		send_named(connection, WIRE_OP_DELETE, "/a", 99);
		send_open(connection, "/b", EXCLUSIVE, 100U - 0x7fffffffU);
		send_close(connection, 0, 99);
		ck_assert(is_silent(connection));
		ask_holders("/a", 1);
		ck_assert_int_eq(ask_stat("/b", NULL), STATUS_NOT_FOUND);
		if (i == 0) {
			broker_restart();
			restarted_await(connection);
		}
	}
	send_named(connection, WIRE_OP_DELETE, "/a", 100);
	ck_assert(exchange_is_ended(connection));
	ask_holders("/a", 0);
	close(connection);
}

TEST(a_close_that_is_sent_twice_does_not_close_what_came_after)
{
	const int connection = place_connect();
	struct answer answer;
	uint32_t handle;

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, &answer), STATUS_OK);
	handle = answer.reply.opened.handle;
	send_close(connection, handle, 101);
	send_open(connection, "/b", EXCLUSIVE, 102);
	ck_assert_int_eq(receive(connection, 102, &answer), STATUS_OK);
	ck_assert_uint_eq(answer.reply.opened.handle, handle);
	broker_restart();
	restarted_await(connection);
	send_close(connection, handle, 101);
	send_open(connection, "/b", EXCLUSIVE, 102);
	ck_assert_int_eq(receive(connection, 102, NULL), STATUS_OK);
	ask_holders("/a", 0);
	ask_holders("/b", 1);
	close(connection);
}

TEST(a_request_behind_a_close_that_was_read_and_lost_is_done_after_it)
{
	const int connection = place_connect();
	struct answer answer;

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, &answer), STATUS_OK);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	send_open(connection, "/b", EXCLUSIVE, 102); /* and CLOSE, 101, died with the broker */
	broker_restart();
	restarted_await(connection);
	ck_assert(is_silent(connection));
	ck_assert_int_eq(ask_stat("/b", NULL), STATUS_NOT_FOUND);
	send_close(connection, answer.reply.opened.handle, 101);
	send_open(connection, "/b", EXCLUSIVE, 102);
	ck_assert_int_eq(receive(connection, 102, NULL), STATUS_OK);
	ask_holders("/a", 0);
	ask_holders("/b", 1);
	close(connection);
}

TEST(a_message_of_an_unknown_op_counts_like_any_other)
{
	const int connection = place_connect();
	struct wire_message message;

	send_open(connection, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(receive(connection, 100, NULL), STATUS_OK);
	exchange_make_open(&message, "/a", 2, 0, 0, 0, 101);
	message.bytes[2] = 0xff; /* its op */
	exchange_send(connection, &message);
	ck_assert_int_eq(receive(connection, 101, NULL), STATUS_UNSUPPORTED);
	broker_restart();
	restarted_await(connection);
	send_named(connection, WIRE_OP_STAT, "/a", 102);
	ck_assert_int_eq(receive(connection, 102, NULL), STATUS_OK);
	close(connection);
}

/* It broke the protocol, with a reply unread: it counts until it has read that or gone. */
TEST(a_connection_that_was_ended_and_has_not_read_all_still_counts)
{
	const int ended = place_connect();
	struct pollfd poller = {.fd = ended, .events = POLLIN};
	struct answer answer;
	int other;

	place_configure("[limits]\nhost-connections = 1\n");
	send_open(ended, "/a", EXCLUSIVE, 100);
	ck_assert_int_eq(poll(&poller, 1, 20000), 1);
	send_named(ended, WIRE_OP_DELETE, "/a", 100);
	ck_assert_int_eq(poll(&poller, 1, 0), 1);
	AWAIT(poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP);
	process_end(broker_pid(), SIGKILL);
	if (place.supervised)
		broker_begin("prshmd");
	place_await_said(": ready, at most", ++place.readies);
	other = place_connect();
	send_named(other, WIRE_OP_STAT, "/a", 1);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = other, .events = POLLIN}, 1, 1500), 0);
	ck_assert_int_eq(receive(ended, 100, NULL), STATUS_OK);
	ck_assert(exchange_is_ended(ended));
	exchange_receive(other, &answer);
	ck_assert_uint_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.reply.stated.holders, 0);
	close(ended);
	close(other);
}

TEST(whoever_connected_and_asked_while_no_broker_ran_is_served)
{
	int connections[50];

	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	for (size_t i = 0; i < 50; i++) {
		connections[i] = place_connect();
		send_named(connections[i], WIRE_OP_STAT, "/nothing", 1);
	}
	broker_restart();
	for (size_t i = 0; i < 50; i++) {
		ck_assert_int_eq(receive(connections[i], 1, NULL), STATUS_NOT_FOUND);
		close(connections[i]);
	}
}
