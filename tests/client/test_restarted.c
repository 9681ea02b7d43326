/* SPDX-License-Identifier: MIT */
/*
 * A broker that is restarted while it is asked: it is asked again, in the same words, and the
 * program notices nothing. What the broker was sent is looked at from its side.
 */
#include <stdlib.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

static struct fake_broker fake;

static void tear_down(void)
{
	fake_broker_stop(&fake);
}

static PRSharedMemory *open_fake(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/fake", 0, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	return shm;
}

static void close_fake(PRSharedMemory *shm)
{
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

static void delete_fake(void)
{
	ck_assert_msg(PR_DeleteSharedMemory("/fake") == PR_SUCCESS, "delete: %s",
		PR_ErrorToString(PR_GetError(), 0));
}

static const struct fake_message *sent(size_t index)
{
	ck_assert_uint_lt(index, fake.log->count);
	return &fake.log->messages[index];
}

static void expect_sent(size_t index, uint16_t op, uint32_t serial)
{
	ck_assert_msg(sent(index)->op == op && sent(index)->serial == serial,
		"message %zu: expected %s %u, got %s %u", index, wire_op_name(op), serial,
		wire_op_name(sent(index)->op), sent(index)->serial);
}

/* So many messages, from the one of that index on, came again, right behind. */
static void expect_again(size_t index, size_t count)
{
	for (size_t i = index; i < index + count; i++) {
		expect_sent(i + count, sent(i)->op, sent(i)->serial);
		ck_assert_uint_eq(sent(i + count)->handle, sent(i)->handle);
		ck_assert_uint_eq(sent(i + count)->connection, sent(i)->connection);
	}
}

FIXTURE(NULL, tear_down, .uncounted = true);

TEST(every_message_has_the_serial_after_that_of_the_last)
{
	fake_broker_start(&fake, NULL, 0, 0);
	for (int i = 0; i < 3; i++) {
		PRSharedMemory *shm = open_fake();

		delete_fake();
		close_fake(shm);
	}
	delete_fake();
	ck_assert_uint_eq(fake.log->count, 10);
	for (size_t i = 0; i < fake.log->count; i++)
		ck_assert_uint_eq(sent(i)->serial, sent(0)->serial + i);
}

/* Once, and three times. The closes do not: the next broker sees them in the ring. */
TEST_LOOP(the_request_comes_again_and_no_close_does, 2)
{
	const size_t restarts = _i == 0 ? 1 : 3;
	PRSharedMemory *a;
	PRSharedMemory *b;

	fake_broker_start(&fake, fake_says_restarted, 3, 2 + (int)restarts);
	a = open_fake();
	b = open_fake();
	close_fake(b);
	close_fake(a);
	delete_fake();
	ck_assert_uint_eq(fake.log->count, 5 + restarts);
	expect_sent(2, WIRE_OP_CLOSE, sent(1)->serial + 1);
	expect_sent(3, WIRE_OP_CLOSE, sent(1)->serial + 2);
	expect_sent(4, WIRE_OP_DELETE, sent(1)->serial + 3);
	ck_assert_uint_gt(sent(2)->handle, sent(3)->handle);
	for (size_t i = 0; i < restarts; i++)
		expect_again(4 + i, 1);
}

static void say_restarted(int connection)
{
	struct fake_answer restarted = {.connection = connection};

	fake_says_restarted(&restarted);
	fake_send(&restarted);
}

/* A broker that died before it replied, and then gets both copies of the request. */
static bool replies_to_the_second_copy_twice(struct fake_answer *answer)
{
	struct wire_request request;

	do {
		if (!fake_receive(answer->connection, &request))
			_exit(123);
	} while (request.header.op != answer->reply.header.op);
	fake_encode(answer);
	fake_send(answer);
	return true;
}

static bool is_restarted_and_replies_twice(struct fake_answer *answer)
{
	say_restarted(answer->connection);
	return replies_to_the_second_copy_twice(answer);
}

static bool is_restarted_thrice_in_idle_times(struct fake_answer *answer)
{
	if (answer->reply.header.op != WIRE_OP_OPEN)
		return replies_to_the_second_copy_twice(answer);
	fake_encode(answer);
	fake_send(answer);
	for (int i = 0; i < 3; i++)
		say_restarted(answer->connection);
	answer->message.length = 0;
	fake_mark();
	return true;
}

TEST(restarts_of_idle_times_are_one)
{
	PRSharedMemory *shm;

	fake_broker_start(&fake, is_restarted_thrice_in_idle_times, 1, 2);
	shm = open_fake();
	fake_await_mark(&fake);
	close_fake(shm);
	delete_fake();
	delete_fake();
	ck_assert_uint_eq(fake.log->count, 5);
	expect_again(2, 1);
}

TEST(a_reply_that_comes_twice_is_dropped_but_its_handle_stays_open)
{
	PRSharedMemory *shm;
	size_t fds;

	fake_broker_start(&fake, is_restarted_and_replies_twice, 2, 2);
	delete_fake();
	fds = process_count_fds(0);
	shm = open_fake();
	ck_assert_uint_eq(process_count_fds(0), fds + 1);
	delete_fake();
	ck_assert_uint_eq(process_count_fds(0), fds + 1);
	ck_assert_uint_eq(fake.log->count, 4);
	expect_again(1, 1);
	close_fake(shm);
	ck_assert_uint_eq(process_count_fds(0), fds);
	delete_fake();
	ck_assert_uint_eq(fake.log->count, 6);
	expect_sent(4, WIRE_OP_CLOSE, sent(3)->serial + 1);
	ck_assert_uint_eq(sent(5)->connection, sent(0)->connection);
}

static bool nothing_at_all(struct fake_answer *answer)
{
	(void)answer;
	return false;
}

TEST(a_connection_may_break_three_times_in_a_row)
{
	fake_broker_start(&fake, nothing_at_all, 2, 4);
	close_fake(open_fake());
	delete_fake();
	/* What was closed on a connection that broke is no business of the next one's. */
	ck_assert_uint_eq(fake.log->count, 6);
	for (size_t i = 2; i < 6; i++) {
		expect_sent(i, WIRE_OP_DELETE, sent(i - 1)->serial + 1);
		ck_assert_uint_eq(sent(i)->connection, i - 1);
	}
}

TEST(a_broker_that_ends_each_connection_is_not_asked_for_ever)
{
	fake_broker_start(&fake, nothing_at_all, 1, 1000);
	ck_assert_int_eq(PR_DeleteSharedMemory("/fake"), PR_FAILURE);
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	ck_assert_uint_ge(fake.log->count, 3);
	ck_assert_uint_le(fake.log->count, 8);
}

/* The fake one serves a client at a time: the child's turn comes when the parent has ended. */
static void parent_that_leaves_a_child(void)
{
	PRSharedMemory *kept = open_fake();

	close_fake(open_fake());
	if (fork() == 0) {
		close_fake(kept); /* was opened on the parent's connection, and ends with it */
		delete_fake();
		_exit(0);
	}
	_exit(0);
}

TEST(a_child_sends_none_of_its_parents_closes_again)
{
	int ends[2];
	pid_t parent;
	char byte;

	fake_broker_start(&fake, fake_says_restarted, 3, 3);
	ck_assert_int_eq(pipe(ends), 0);
	parent = fork();
	if (parent == 0)
		parent_that_leaves_a_child();
	close(ends[1]);
	process_join(parent);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* until the child has ended, too */
	close(ends[0]);
	ck_assert_uint_eq(fake.log->count, 5);
	expect_sent(2, WIRE_OP_CLOSE, sent(1)->serial + 1);
	expect_sent(3, WIRE_OP_DELETE, sent(3)->serial);
	ck_assert_uint_eq(sent(3)->connection, 2);
	expect_again(3, 1);
}
