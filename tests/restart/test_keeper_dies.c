/* SPDX-License-Identifier: MIT */
/* A keeper that is killed, or stopped, or dies with its broker: what is there then. */
#include <signal.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/restart-case.h"

static size_t fds; /* of the first keeper, once they have entered */

static void enter(void)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/until-unused 4096 0600 2"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	fds = keeper_settled_fds();
}

static void check_all(void)
{
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 2);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/until-unused"), 1);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	ck_assert_uint_eq(place_said(" lost:"), 0);
	ck_assert_uint_eq(place_said("damaged"), 0);
}

static void leave(void)
{
	actor_end(&alice);
	ask_gone("/until-unused");
	ask_holders("/a", 1);
}

static void replace_keeper(void)
{
	process_end(keeper_pid(), SIGKILL);
	if (place.supervised)
		keeper_begin();
	keeper_await_fds(fds);
}

FIXTURES(&place_supervised, &place_alone);

TEST(a_killed_keeper_is_followed_by_one_that_has_everything)
{
	enter();
	replace_keeper();
	broker_restart();
	check_all();
	leave();
}

FIXTURES(&place_supervised);

/* Supervised: a broker alone has another one before it does anything else. */
TEST(what_changes_while_there_is_no_keeper_is_not_lost)
{
	enter();
	process_end(keeper_pid(), SIGKILL);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/c"), 0);
	ck_assert_int_eq(actor_do(&alice, act_delete, "/b"), 0);
	place_await_said("there is no keeper", 1);
	keeper_begin();
	keeper_await_fds(fds + 2); /* /b is held yet */
	broker_restart();
	check_all();
	ck_assert_int_eq(actor_do(&alice, act_check, "/c"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/c"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/b"), -(long)PRSHM_NOT_FOUND);
	leave();
}

FIXTURES(&place_supervised, &place_alone);

TEST(keeper_and_broker_killed_in_turn_ten_times_lose_nothing)
{
	enter();
	for (int i = 0; i < 10; i++) {
		replace_keeper();
		broker_restart();
	}
	check_all();
	leave();
}

/* Each create and delete leaves messages in its queue, until there is no room for the next one. */
TEST(a_stopped_keeper_is_replaced_and_never_starts_a_second_broker)
{
	pid_t stopped;

	enter();
	/* It must be killed: going on, it would take its broker for dead, and start another one. */
	stopped = keeper_pid();
	ck_assert_int_eq(kill(stopped, SIGSTOP), 0);
	while (place_said("it reads nothing") == 0) {
		for (int i = 0; i < 20; i++) {
			ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
			ck_assert_int_eq(actor_do(&alice, act_delete, "/b"), 0);
			ck_assert_int_eq(actor_do(&alice, act_close, "/b"), 0);
		}
	}
	process_await_end(stopped);
	if (place.supervised)
		keeper_begin();
	keeper_await_fds(fds);
	ck_assert_int_ne(keeper_pid(), stopped);
	ck_assert_uint_eq(place_count("prshmd"), 1);
	broker_restart();
	check_all();
	ck_assert_uint_eq(place_count("prshmd"), 1);
	ck_assert_uint_eq(place_count("prshm-keeper"), 1);
	leave();
}

TEST(both_killed_at_once_leave_mappings_and_clients_that_connect_again)
{
	pid_t broker;
	pid_t keeper;

	enter();
	broker = broker_pid();
	keeper = keeper_pid();
	ck_assert_int_eq(kill(keeper, SIGSTOP), 0);
	ck_assert_int_eq(kill(broker, SIGSTOP), 0);
	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	process_end(broker, SIGKILL);
	process_await_end(keeper);
	if (place.supervised)
		keeper_begin();
	broker_begin("prshmd");
	broker_await();
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), -(long)PRSHM_NOT_FOUND);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0); /* of the other one */
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), 1);
	broker_restart();
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
}
