/* SPDX-License-Identifier: MIT */
/*
 * A configuration that is broken when a broker starts: the last good one goes on, if there is one.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/restart-case.h"

#define GOES_ON "going on with the last good configuration"

static const char closed[] = "[name /closed]\ncreate-users = root\n"
			     "[limits]\nuser-segments = 2\n";

/* For the next broker: the running one is not told. */
static void break_configuration(void)
{
	FILE *file = fopen(place.configuration, "we");

	ck_assert_ptr_nonnull(file);
	fputs("[name /closed]\nnonsense = 1\n", file);
	ck_assert_int_eq(fclose(file), 0);
}

static void enter(void)
{
	place_configure(closed);
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	break_configuration();
}

/* As many as the log says now. */
static void check_goes_on(size_t times)
{
	ck_assert_uint_eq(place_said(GOES_ON), times);
	ck_assert_uint_eq(place_said("prshmd.conf:2: an unknown key"), 2 * times);
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), 1);
	ck_assert_int_eq(actor_do(&alice, act_create, "/closed/b"), PRSHM_REFUSED);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/c"), PRSHM_NO_RESOURCES);
	ck_assert_int_eq(actor_do(&alice, act_close, "/b"), 0);
	ck_assert_int_eq(actor_do(&alice, act_delete, "/b"), 0);
}

FIXTURES(&place_alone, &place_supervised);

TEST(a_broker_that_finds_a_broken_configuration_goes_on_with_the_last_good_one)
{
	enter();
	broker_restart();
	check_goes_on(1);
	broker_restart(); /* which hands the same on */
	check_goes_on(2);
}

TEST(another_keeper_has_the_last_good_one_too)
{
	const pid_t keeper = keeper_pid();
	const size_t fds = (enter(), keeper_settled_fds());

	process_end(keeper, SIGKILL);
	if (place.supervised)
		keeper_begin();
	ck_assert_int_ne(keeper_pid(), keeper);
	keeper_await_fds(fds);
	broker_restart();
	check_goes_on(1);
}

TEST(a_mended_configuration_counts_once_it_is_read)
{
	enter();
	broker_restart();
	check_goes_on(1);
	place_configure("[name /open]\ncreate-users = root\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/closed/b"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/open/b"), PRSHM_REFUSED);
	break_configuration();
	broker_restart();
	ck_assert_uint_eq(place_said(GOES_ON), 2);
	ck_assert_int_eq(actor_do(&alice, act_create, "/open/b"), PRSHM_REFUSED);
}

TEST(ranges_of_a_file_that_cannot_be_read_any_more_count_as_well)
{
	char subuids[128];
	char text[256];
	FILE *file;

	snprintf(subuids, sizeof(subuids), "%s/subuid", place.directory);
	snprintf(text, sizeof(text), "[limits]\nuser-segments = 1\nsubuid-file = %s\n", subuids);
	file = fopen(subuids, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%d:%d:1\n", ALICE, BOB);
	ck_assert_int_eq(fclose(file), 0);
	place_configure(text);
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	actor_end(&alice);
	ck_assert_int_eq(unlink(subuids), 0);
	ck_assert_int_eq(mkdir(subuids, 0755), 0);
	broker_restart();
	ck_assert_uint_eq(place_said(GOES_ON), 1);
	ck_assert_int_eq(actor_do(&bob, act_create, "/b"), PRSHM_NO_RESOURCES);
	ck_assert_int_eq(rmdir(subuids), 0);
}

/* As a release that knew no last good one has left it. */
TEST(without_one_nothing_is_guessed_and_all_stays_with_the_keeper)
{
	int status;
	pid_t pid;

	if (!place.supervised)
		return;
	process_end(broker_pid(), SIGTERM);
	process_end(keeper_pid(), SIGTERM);
	break_configuration();
	keeper_begin();
	pid = broker_begin("prshmd");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 78);
	ck_assert_uint_eq(place_said(GOES_ON), 0);
}
