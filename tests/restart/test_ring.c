/* SPDX-License-Identifier: MIT */
/*
 * Handles that are closed in a ring, without a message: whoever looks finds them closed, also after
 * a restart.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/nspr.h"
#include "include/prshm-client.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/restart-case.h"

#define MANY 2000

static PRSharedMemory *handles[MANY]; /* of an actor */

/* "NAME COUNT", each with a descriptor. */
static long act_open_many(const char *text)
{
	const struct prshm_options options = {0};
	struct rlimit limit;
	char name[64];
	size_t count;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	sscanf(text, "%63s %zu", name, &count);
	for (size_t i = 0; i < count; i++) {
		const enum prshm_result result = prshm_open(name, &options, &handles[i]);

		if (result != PRSHM_OK)
			return (long)result;
	}
	return 0;
}

/* "FROM TO": without a call of anything else in between. */
static long act_close_many(const char *text)
{
	size_t from;
	size_t to;

	sscanf(text, "%zu %zu", &from, &to);
	for (; from < to; from++) {
		if (PR_CloseSharedMemory(handles[from]) != PR_SUCCESS)
			return PR_GetError();
	}
	return 0;
}

/* Its parent's handle, by a child. */
static long act_close_in_child(const char *text)
{
	const pid_t child = fork();
	int status;

	if (child == 0)
		_exit(PR_CloseSharedMemory(handles[atoi(text)]) == PR_SUCCESS ? 0 : 1);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURES(&place_supervised);

TEST(what_an_idle_client_closed_is_seen_at_once)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	for (long i = 0; i < 20; i++) {
		ck_assert_int_eq(actor_do(&alice, act_open, "/a"), 0);
		ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 3);
		ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
		ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 2);
	}
}

TEST(a_deletion_frees_what_idle_holders_closed)
{
	place_configure("[limits]\nuser-segments = 1\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), PRSHM_NO_RESOURCES);
	ck_assert_int_eq(actor_do(&alice, act_delete, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
}

/* In a row: more than there is room for in a ring. */
TEST(thousands_of_handles_are_closed_in_a_row)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(actor_do(&alice, act_open_many, "/a 2000"), 0);
		ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), MANY + 1);
		ck_assert_int_eq(actor_do(&alice, act_close_many, "0 1999"), 0);
		ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 2);
		ck_assert_int_eq(actor_do(&alice, act_close_many, "1999 2000"), 0);
	}
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 1);
}

/* The broker does nothing, so it is the next one that sees it, and nobody tells that one. */
TEST(what_was_closed_while_no_broker_ran_is_closed_when_the_next_one_serves)
{
	struct wire_stated stated;

	ck_assert_int_eq(actor_do(&bob, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&alice, act_open_many, "/a 1000"), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0); /* with an empty ring, */
		ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
		ck_assert_int_eq(actor_do(&alice, act_close_many, i == 0 ? "0 400" : "400 900"), 0);
		broker_restart();
		ck_assert_int_eq(ask_stat("/a", &stated), STATUS_OK);
		ck_assert_uint_eq(stated.holders, i == 0 ? 601 : 101);
	}
	ck_assert_int_eq(actor_do(&alice, act_close_many, "900 1000"), 0);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 1);
}

TEST(a_ring_that_is_full_while_no_broker_runs_waits_for_the_next_one)
{
	ck_assert_int_eq(actor_do(&bob, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&alice, act_open_many, "/a 1000"), 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	actor_tell(&alice, act_close_many, "0 900");
	actor_await_asking(&alice);
	ck_assert(!actor_is_done(&alice));
	broker_restart();
	ck_assert_int_eq(actor_await(&alice), 0);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 101);
}

/* Nothing is said to the broker but DELETE, which waits for the next one. */
TEST(a_handle_of_what_is_deleted_keeps_nothing_that_was_closed_before)
{
	place_configure("[limits]\nuser-segments = 1\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	actor_tell(&alice, act_delete, "/a");
	actor_await_asking(&alice);
	broker_restart();
	ck_assert_int_eq(actor_await(&alice), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
}

/* Now somebody waits for it: the memory is another's to have. */
TEST(a_handle_of_what_is_deleted_is_missed_when_it_is_closed_while_no_broker_runs)
{
	place_configure("[limits]\nuser-segments = 1\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_delete, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), PRSHM_NO_RESOURCES);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
}

TEST(a_child_that_closes_what_it_inherited_closes_nothing_of_its_parents)
{
	ck_assert_int_eq(actor_do(&bob, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&alice, act_open_many, "/a 2"), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(actor_do(&alice, act_close_in_child, "0"), 0);
		ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 3);
		broker_restart();
	}
	ck_assert_int_eq(actor_do(&alice, act_close_many, "0 1"), 0);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 2);
}

/* A bare client, which a CLOSE is missing of as if it had been read by a broker that died of it. */
static int connection;
static struct ring_page *page;
static struct wire_opened opened;

static void connect_and_hold(void)
{
	connection = place_connect();
	page = exchange_ring(connection);
	ck_assert_int_eq(
		exchange_open(connection, "/a", WIRE_OPEN_CREATE, 4096, 0600, &opened, NULL),
		STATUS_OK);
}

static void close_and_lose(void)
{
	page->handles[page->closed % RING_ROOM] = opened.handle;
	page->closed++;
	exchange_next_serial(connection);
}

static void disconnect(void)
{
	munmap(page, RING_BYTES);
	close(connection);
}

/* Nobody would look into the ring of an idle client for it. */
TEST(a_close_that_was_read_and_lost_is_found_in_the_ring)
{
	int other;

	place_configure("[limits]\nhost-segments = 1\n");
	connect_and_hold();
	ck_assert_int_eq(exchange_delete(connection, "/a"), STATUS_OK);
	ck_assert_uint_eq(page->quiet, 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	close_and_lose();
	broker_restart();
	other = place_connect();
	exchange_create(other, "/b"); /* there is room for it */
	close(other);
	disconnect();
}

/*
 * Two brokers die: a client reads both RESTARTED before it sends anything again, and may not have
 * to.
 */
TEST(a_request_behind_a_close_that_was_lost_is_done_at_once)
{
	struct wire_message message;
	struct answer answer;

	connect_and_hold();
	broker_restart();
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	close_and_lose();
	exchange_make_open(&message, "/b", 2, WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, 4096, 0600,
		exchange_next_serial(connection));
	exchange_send(connection, &message);
	broker_restart();
	restarted_await(connection);
	restarted_await(connection);
	exchange_receive(connection, &answer);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	wire_message_deinit(&answer.message);
	exchange_send(connection, &message); /* it is not done again */
	ask_holders("/a", 0);
	ask_holders("/b", 1);
	disconnect();
}
