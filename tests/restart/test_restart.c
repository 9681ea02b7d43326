/* SPDX-License-Identifier: MIT */
/* A broker that is killed, and another one that goes on: what clients have and hold stays. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/restart-case.h"

#define UNTIL_UNUSED " 4096 0600 2"

/* With a broker that is killed before it has done what was asked. */
static long do_across(struct actor *actor, act_function act, const char *text)
{
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	actor_tell(actor, act, text);
	actor_await_asking(actor);
	ck_assert(!actor_is_done(actor));
	broker_restart();
	return actor_await(actor);
}

FIXTURES(&place_alone, &place_supervised);

TEST(an_idle_client_notices_nothing_and_its_connection_goes_on)
{
	const int connection = place_connect();
	struct pollfd poller = {.fd = connection, .events = POLLIN};

	exchange_create(connection, "/a");
	broker_restart();
	ck_assert_int_eq(poll(&poller, 1, 20000), 1);
	ck_assert_int_eq(poller.revents, POLLIN);
	restarted_await(connection);
	ck_assert_int_eq(poll(&poller, 1, 0), 0);
	ck_assert_uint_eq(exchange_holders(connection, "/a"), 1);
	close(connection);
	ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0);
}

static void get_rights(const char *name, struct wire_stated *stated, struct wire_entry *entry)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_STAT},
		.name = name,
		.name_length = strlen(name),
	};
	struct answer answer;

	ck_assert_int_eq(ask(&request, &answer), STATUS_OK);
	*stated = answer.reply.stated;
	ck_assert_uint_eq(stated->entry_count, 1);
	wire_get_right(answer.reply.tail, 0, entry);
}

TEST(a_held_segment_keeps_content_holders_rights_owner_times_and_lifetime)
{
	struct wire_stated before;
	struct wire_stated after;
	struct wire_entry entry_before;
	struct wire_entry entry_after;

	ck_assert_int_eq(actor_do(&alice, act_create, "/a 100000 0640 2 77"), 0);
	ck_assert_int_eq(actor_do(&alice, act_set_rights, "/a 0604 60011 3"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	get_rights("/a", &before, &entry_before);
	broker_restart();
	get_rights("/a", &after, &entry_after);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert_mem_eq(&entry_before, &entry_after, sizeof(entry_before));
	ck_assert_uint_eq(after.holders, 2);
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_check, "/a"), 1);
}

TEST(until_unused_goes_when_its_holder_closes_or_dies_after_the_restart)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/closed" UNTIL_UNUSED), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/dies" UNTIL_UNUSED), 0);
	broker_restart();
	ask_holders("/closed", 1);
	ask_holders("/dies", 1);
	ck_assert_int_eq(actor_do(&alice, act_close, "/closed"), 0);
	ask_gone("/closed");
	actor_kill(&bob);
	ask_gone("/dies");
}

TEST(until_unused_goes_when_its_holder_died_while_no_broker_ran)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/mine" UNTIL_UNUSED), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/ours 4096 0666 2"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/ours"), 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	actor_kill(&alice);
	broker_restart();
	ask_gone("/mine");
	ask_holders("/ours", 1);
	ck_assert_int_eq(actor_do(&bob, act_check, "/ours"), 1);
}

TEST(a_linger_deadline_survives_also_one_that_passed_while_no_broker_ran)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/long 4096 0600 2 3600"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/short 4096 0600 2 1"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/passed 4096 0600 1 1"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/long"), 0);
	ck_assert_int_eq(actor_do(&alice, act_close, "/short"), 0);
	ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0);
	broker_restart();
	ask_gone("/short");
	ck_assert_int_eq(actor_do(&alice, act_close, "/passed"), 0);
	ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	sleep(2);
	broker_restart();
	ask_gone("/passed");
	ask_holders("/long", 0);
}

TEST(limits_are_as_tight_as_before_and_what_is_freed_is_free)
{
	place_configure("[limits]\nuser-segments = 2\nuser-bytes = 40960\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b 4096"), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/c 36864"), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(actor_do(&alice, act_create, "/d"), PRSHM_NO_RESOURCES);
		ck_assert_int_eq(actor_do(&bob, act_create, "/e 8192"), PRSHM_NO_RESOURCES);
		broker_restart();
	}
	ck_assert_int_eq(actor_do(&alice, act_delete, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/d"), PRSHM_NO_RESOURCES); /* held yet */
	ck_assert_int_eq(actor_do(&alice, act_close, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/d"), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/e 4096"), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/f 4096"), PRSHM_NO_RESOURCES);
}

static bool take_limit(void *out, const struct prshm_account *account)
{
	*(long *)out = (long)account->usage[PRSHM_BYTES].limit;
	return true;
}

/* The bytes that Alice may have. */
static long act_ask_limit(const char *nothing)
{
	long limit = -1;

	(void)nothing;
	ck_assert_int_eq(prshm_accounts(ALICE, take_limit, &limit), PRSHM_OK);
	return limit;
}

TEST_UNLESS(without_root, so_are_those_of_a_user_who_has_no_connection)
{
	place_configure("[limits user 60010]\nuser-bytes = 40960\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096"), 0);
	actor_end(&alice);
	actor_begin(&bob, 0, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(actor_do(&bob, act_ask_limit, ""), 40960);
		broker_restart();
	}
	place_configure("[limits user 60010]\nuser-bytes = 8192\n");
	ck_assert_int_eq(actor_do(&bob, act_ask_limit, ""), 8192);
}

TEST(a_configuration_that_was_reloaded_counts_after_a_restart)
{
	place_configure("[limits]\nuser-handles = 2\n");
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&alice, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_open, "/a"), PRSHM_NO_RESOURCES);
	place_configure("[limits]\nuser-handles = 3\n");
	ck_assert_int_eq(actor_do(&alice, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_open, "/a"), PRSHM_NO_RESOURCES);
}

TEST(a_create_under_way_is_done_once)
{
	ck_assert_int_eq(actor_do(&alice, act_ask, ""), 0);
	ck_assert_int_eq(do_across(&alice, act_create, "/a"), PRSHM_OK);
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), PRSHM_EXISTS);
	ask_holders("/a", 1);
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
}

TEST(a_delete_under_way_is_done_once)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	ck_assert_int_eq(do_across(&alice, act_delete, "/a"), 0);
	ck_assert_int_eq(ask_stat("/a", NULL), STATUS_NOT_FOUND);
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
}

TEST(a_close_under_way_is_not_lost)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0666"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), 0);
	ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
	ck_assert_int_eq(actor_do(&bob, act_close, "/a"), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), 1);
}

TEST(anonymous_memory_and_its_token_survive)
{
	struct actor other;

	actor_begin(&other, ALICE, 0);
	ck_assert_int_eq(actor_do(&alice, act_export, "map"), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&other, act_import, "map"), 0);
	ck_assert_int_eq(actor_do(&other, act_check, "map"), 1);
	ck_assert_int_ne(actor_do(&bob, act_import, "map"), 0);
	actors_end();
	broker_restart();
	ck_assert_int_eq(actor_do(&other, act_import, "map"), 0);
	ck_assert_int_eq(actor_do(&other, act_check, "map"), 1);
	actor_end(&other);
}

TEST(rights_by_a_supplementary_group_still_count)
{
	struct actor member;

	if (geteuid() != 0) /* it takes root to have other groups than one's own */
		return;
	actor_begin(&member, BOB + 1, 60050);
	actor_begin(&alice, ALICE, 60050);
	ck_assert_int_eq(actor_do(&alice, act_create, "/a 4096 0660"), 0);
	ck_assert_int_eq(actor_do(&alice, act_set_group, "/a 60050"), 0);
	ck_assert_int_eq(actor_do(&member, act_ask, ""), 0);
	broker_restart();
	ck_assert_int_eq(actor_do(&member, act_open, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_open, "/a"), PRSHM_DENIED);
	actor_end(&member);
}

TEST(the_path_and_its_lock_stay)
{
	struct stat before;
	struct stat after;
	char elsewhere[128];

	ck_assert_int_eq(stat(place.socket, &before), 0);
	broker_restart();
	ck_assert_int_eq(stat(place.socket, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	/* Without a socket there, nothing but the lock keeps another one away. */
	snprintf(elsewhere, sizeof(elsewhere), "%s.away", place.socket);
	ck_assert_int_eq(rename(place.socket, elsewhere), 0);
	place.supervised = false; /* not with the keeper of the first */
	process_await_end(broker_begin("prshmd"));
	ck_assert_uint_eq(place_said("another process listens there"), 1);
	/* If that took a while, the broker has missed its socket and made another one. */
	if (renameat2(AT_FDCWD, elsewhere, AT_FDCWD, place.socket, RENAME_NOREPLACE) < 0) {
		ck_assert_int_eq(errno, EEXIST);
		ck_assert_int_eq(unlink(elsewhere), 0);
	}
	ck_assert_int_eq(ask_stat("/nothing", NULL), STATUS_NOT_FOUND);
	place_await_count("prshm-keeper", 1); /* whoever never began is not begun again */
}

TEST(thirty_restarts_in_a_row_leave_all_as_it_was)
{
	struct pollfd poller = {.fd = place_connect(), .events = POLLIN};
	size_t fds;

	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	ck_assert_int_eq(actor_do(&bob, act_ask, ""), 0);
	exchange_create(poller.fd, "/b");
	broker_restart();
	fds = process_count_fds(broker_pid());
	for (int i = 1; i < 30; i++)
		broker_restart();
	AWAIT(process_count_fds(broker_pid()) <= fds); /* who asked for the last one has gone */
	ck_assert_int_eq(actor_do(&alice, act_check, "/a"), 1);
	ck_assert_int_eq(actor_do(&bob, act_holders, "/a"), -(long)PRSHM_NOT_FOUND);
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), 1);
	restarted_await(poller.fd);
	while (poll(&poller, 1, 0) == 1)
		restarted_await(poller.fd);
	ck_assert_uint_eq(exchange_holders(poller.fd, "/b"), 1);
	close(poller.fd);
}
