/* SPDX-License-Identifier: MIT */
/* Ends that are meant: of the broker, of the keeper, of both; and brokers of another version. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/janitor.h"
#include "tests/restart/restart-case.h"

static void enter(void)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_export, "map"), 0);
}

static void check_all(void)
{
	struct actor other;

	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
	actor_begin(&other, ALICE, 0);
	ck_assert_int_eq(actor_do(&other, act_import, "map"), 0);
	ck_assert_int_eq(actor_do(&other, act_check, "map"), 1);
	actor_end(&other);
}

FIXTURES(&place_alone);

TEST(a_broker_alone_that_is_told_to_end_takes_its_keeper_with_it_and_all_is_freed)
{
	enter();
	process_end(broker_pid(), SIGTERM);
	place_await_count("prshmd", 0);
	place_await_count("prshm-keeper", 0);
	ck_assert_int_ne(access(place.socket, F_OK), 0);
	broker_begin("prshmd");
	broker_await();
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), -(long)PRSHM_NOT_FOUND);
}

/* As above, but for a broker that was started by the keeper. */
TEST(so_does_one_that_was_started_again)
{
	enter();
	broker_restart();
	process_end(broker_pid(), SIGTERM);
	place_await_count("prshmd", 0);
	place_await_count("prshm-keeper", 0);
	ck_assert_int_ne(access(place.socket, F_OK), 0);
}

TEST(a_keeper_alone_that_is_told_to_end_is_followed_by_another_one)
{
	const pid_t keeper = keeper_pid();

	enter();
	process_end(keeper, SIGTERM);
	ck_assert_int_ne(keeper_pid(), keeper);
	check_all();
	broker_restart();
	check_all();
}

FIXTURES(&place_supervised);

TEST(a_supervised_broker_may_be_ended_and_started_again)
{
	enter();
	process_end(broker_pid(), SIGTERM);
	actor_tell(&alice, act_holders, "/a");
	broker_next();
	ck_assert_int_eq(actor_await(&alice), 1);
	check_all();
	process_end(broker_pid(), SIGINT);
	broker_next();
	check_all();
}

TEST(a_supervised_keeper_may_be_ended_and_started_again)
{
	size_t fds;

	enter();
	fds = keeper_settled_fds();
	process_end(keeper_pid(), SIGTERM);
	keeper_begin();
	keeper_await_fds(fds);
	broker_restart();
	check_all();
}

TEST(ending_both_frees_all)
{
	enter();
	process_end(broker_pid(), SIGTERM);
	process_end(keeper_pid(), SIGTERM);
	keeper_begin();
	broker_begin("prshmd");
	broker_await();
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), -(long)PRSHM_NOT_FOUND);
}

/* Once it has read what a broker that ended has sent: in bursts, and the link's end comes last. */
static size_t settled_fds(pid_t pid)
{
	size_t fds = process_count_fds(pid);
	int same = 0;

	while (same < 5) {
		const size_t now = process_count_fds(pid);

		same = now == fds ? same + 1 : 0;
		fds = now;
		usleep(20000);
	}
	return fds;
}

TEST(a_newer_broker_takes_over_and_an_older_one_leaves_all_to_it)
{
	size_t fds;

	janitor_copy("tests/restart/newer-prshmd");
	enter();
	process_end(broker_pid(), SIGTERM);
	broker_begin("newer-prshmd");
	broker_await();
	check_all();
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
	process_end(place_find("newer-prshmd"), SIGTERM);
	fds = settled_fds(keeper_pid());
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(process_wait(broker_begin("prshmd")), 3);
	ck_assert_uint_eq(place_said("start a prshmd that is as new"), 3);
	ck_assert_uint_eq(settled_fds(keeper_pid()), fds);
	broker_begin("newer-prshmd");
	broker_await();
	check_all();
	ck_assert_int_eq(actor_do(&alice, act_holders, "/b"), 1);
	ck_assert_int_eq(actor_do(&alice, act_check, "/b"), 1);
}
