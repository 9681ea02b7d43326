/* SPDX-License-Identifier: MIT */
/*
 * One connection at its limits, without a broker: the other end is the test's, and so are the
 * serial to begin with and the seconds to wait.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client-lib/channel.h"
#include "tests/testing.h"

#define SECONDS 2

static struct channel channel;
static int theirs;

static void set_up(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	channel_start(&channel, ends[0], SECONDS);
	theirs = ends[1];
}

static void tear_down(void)
{
	close(channel.fd);
	if (theirs >= 0)
		close(theirs);
}

static int send_reply(uint16_t op, uint32_t serial, uint16_t status)
{
	const struct wire_reply reply = {.header = {.op = op, .serial = serial, .status = status}};
	struct wire_message message = {.fd_count = 0};

	ck_assert(wire_encode_reply(&reply, &message));
	return wire_send(theirs, &message, 0);
}

static int ask_for_delete(void)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_DELETE}, .name = "/a", .name_length = 2};
	struct answer answer = {.fd = -1};

	return channel_call(&channel, &request, &answer);
}

/* 0 comes after 4294967295, and is newer. */
START_TEST(serials_go_on_behind_the_largest)
{
	channel.serial = UINT32_MAX - 1;
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_NOT_FOUND); /* once more */
	send_reply(WIRE_OP_DELETE, 0, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_NOT_FOUND);
	send_reply(WIRE_OP_DELETE, 0, STATUS_NOT_FOUND);
	send_reply(WIRE_OP_DELETE, 1, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
}
END_TEST

START_TEST(a_reply_to_what_was_not_asked_yet_breaks_the_protocol)
{
	send_reply(WIRE_OP_DELETE, 2, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), -EPROTO);
}
END_TEST

START_TEST(a_reply_to_another_operation_breaks_the_protocol)
{
	send_reply(WIRE_OP_SET_OWNER, 1, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), -EPROTO);
}
END_TEST

START_TEST(a_reply_says_restarted_to_no_request)
{
	send_reply(WIRE_OP_DELETE, 1, STATUS_RESTARTED);
	ck_assert_int_eq(ask_for_delete(), STATUS_RESTARTED);
}
END_TEST

static atomic_uint messages;

static void *flood_with_restarts(void *unused)
{
	while (send_reply(0, 0, STATUS_RESTARTED) == 0)
		messages++;
	return unused;
}

static void *flood_with_replies(void *unused)
{
	while (send_reply(WIRE_OP_DELETE, 0, STATUS_OK) == 0)
		messages++;
	return unused;
}

/* One for each request: the socket is empty each time the client looks. */
static void *restart_at_each_request(void *unused)
{
	struct wire_message message;

	while (wire_receive(theirs, &message, 0, 0) == 0 && send_reply(0, 0, STATUS_RESTARTED) == 0)
		messages++;
	return unused;
}

static void *(*const liars[])(void *) = {
	flood_with_restarts,
	flood_with_replies,
	restart_at_each_request,
};

/* How much it took in tells whether it span: what the socket holds, and then one now and then. */
START_TEST(who_never_comes_to_the_point_holds_nobody_for_ever_nor_busy)
{
	pthread_t liar;

	ck_assert_int_eq(pthread_create(&liar, NULL, liars[_i], NULL), 0);
	ck_assert_int_eq(ask_for_delete(), -ETIMEDOUT);
	shutdown(channel.fd, SHUT_RDWR);
	pthread_join(liar, NULL);
	ck_assert_uint_gt(messages, 0);
	ck_assert_uint_lt(messages, 2000);
}
END_TEST

/* The socket takes some hundred messages; nobody reads the others before the time is over. */
START_TEST(what_is_to_be_asked_again_waits_no_longer_for_room_than_for_a_reply)
{
	const uint32_t count = 5000;

	for (uint32_t i = 0; i < count; i++) {
		struct wire_message message;

		ck_assert(closes_reserve(&channel.closes));
		closes_expect(&channel.closes);
		ck_assert_int_eq(channel_close_handle(&channel, i), 0);
		ck_assert_int_eq(wire_receive(theirs, &message, 0, 0), 0);
	}
	send_reply(0, 0, STATUS_RESTARTED);
	ck_assert_int_eq(ask_for_delete(), -ETIMEDOUT);
}
END_TEST

START_TEST(room_for_closes_is_taken_once_for_handles_that_come_and_go)
{
	size_t room = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		struct wire_message message;

		ck_assert(closes_reserve(&channel.closes));
		closes_acknowledge(&channel.closes); /* the reply that brings the handle */
		closes_expect(&channel.closes);
		ck_assert_int_eq(channel_close_handle(&channel, i), 0);
		ck_assert_int_eq(wire_receive(theirs, &message, 0, 0), 0);
		room = i == 0 ? channel.closes.room : room;
	}
	ck_assert_uint_eq(channel.closes.room, room);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("channel");
	TCase *tcase = testing_case(suite, "channel", set_up, tear_down);

	tcase_add_test(tcase, serials_go_on_behind_the_largest);
	tcase_add_test(tcase, a_reply_to_what_was_not_asked_yet_breaks_the_protocol);
	tcase_add_test(tcase, a_reply_to_another_operation_breaks_the_protocol);
	tcase_add_test(tcase, a_reply_says_restarted_to_no_request);
	tcase_add_loop_test(tcase, who_never_comes_to_the_point_holds_nobody_for_ever_nor_busy, 0,
		sizeof(liars) / sizeof(liars[0]));
	tcase_add_test(tcase, room_for_closes_is_taken_once_for_handles_that_come_and_go);
	tcase_add_test(tcase, what_is_to_be_asked_again_waits_no_longer_for_room_than_for_a_reply);
	return testing_run(suite);
}
