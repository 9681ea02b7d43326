/* SPDX-License-Identifier: MIT */
/* OPEN_MANY: several opens in one request, and its reply once more. */
#include <stdio.h>
#include <string.h>

#include "tests/core/expect.h"
#include "tests/core/world.h"

#define ALL WIRE_FDS_MAX

/* Segments 1, 2 and 3, which nobody holds. */
static void given_three(struct world *world)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0)},
		{ALICE, CREATE("/b", 5000, 0644), OPENED(2, 5000, 0, RW)}, {ALICE, CLOSE(0)},
		{ALICE, CREATE("/c", 1, 0666), OPENED(3, 1, 0, RW)}, {ALICE, CLOSE(0)});
}

SCENARIO(several_are_opened_in_their_order)
{
	given_three(world);
	PLAY({ALICE_TOO, OPEN_MANY(ALL, "/c /a /b"), TOLD("3:0:rw 1:1:rw 2:2:rw")},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)}, {ALICE_TOO, CLOSE(1)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)},
		{ALICE_TOO, OPEN("/b", 0), OPENED(2, 5000, 1, RW)},
		{ALICE_TOO, OPEN_MANY(ALL, ""), TOLD("")});
}

/* Segment numbers and handles as if the names that fail were not there. */
SCENARIO(each_name_fails_by_itself_and_as_in_open)
{
	char names[1024];

	given_three(world);
	PLAY({BOB, OPEN_MANY(ALL, "/a /b /nothing /c b //"), TOLD("-7 2:0:r -5 3:1:rw -9 -9")},
		{BOB, OPEN_MANY_WITH(ALL, "/b /c /b", 2, 0), TOLD("2:2:r -11 2:3:r")},
		{NOBODY, OPEN_MANY(ALL, "/a /b"), TOLD("-7 2:0:r")});
	snprintf(names, sizeof(names), "/b /%0300d /c", 0);
	PLAY({BOB, OPEN_MANY(ALL, names), TOLD("2:4:r -10 3:5:rw")});
}

SCENARIO(nothing_is_created_and_a_reader_gets_what_can_only_read)
{
	const uint32_t create = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;

	given_three(world);
	PLAY({ALICE, OPEN_MANY_WITH(ALL, "/a /new /b", 1, create), TOLD("1:0:rw -5 2:1:rw")},
		{ALICE, OPEN_MANY_WITH(ALL, "/a /c", 0, WIRE_OPEN_READONLY), TOLD("1:2:r 3:3:r")},
		{ALICE, STAT("/new"), FAILS(NOT_FOUND)});
}

SCENARIO(the_inodes_are_told_to_who_asks)
{
	given_three(world);
	PLAY({BOB, OPEN_MANY_WITH(ALL, "/b /a /c", 0, WIRE_OPEN_INODE), TOLD("2:0:r -7 3:1:rw")},
		{BOB, OPEN_MANY_WITH(1, "/x /c /b", 0, WIRE_OPEN_INODE), TOLD("-5 3:2:rw")});
}

SCENARIO(one_name_64_times_is_64_handles)
{
	char names[64 * 3 + 4 * 3] = "/a";
	char told[64 * 16] = "1:0:rw";

	given_three(world);
	for (int i = 1; i < 64; i++) {
		strcat(names, " /a");
		sprintf(told + strlen(told), " 1:%d:rw", i);
	}
	PLAY({ALICE, OPEN_MANY(ALL, names), TOLD(told)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 64)});
	strcat(names, " /b /c /d"); /* more than a reply has */
	PLAY({ALICE_TOO, OPEN_MANY(ALL, names), TOLD(told)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 128)},
		{ALICE, STAT("/b"), STATED(2, 5000, 1000, 1000, 0644, 0)});
}

/* What fails needs no descriptor, so it is looked at while there is room for the next. */
SCENARIO(so_many_are_done_as_there_is_room_for_descriptors)
{
	given_three(world);
	PLAY({ALICE, OPEN_MANY(1, "/a /b /c"), TOLD("1:0:rw")},
		{ALICE, OPEN_MANY(2, "/x /a /x /b /x /c"), TOLD("-5 1:1:rw -5 2:2:rw")},
		{ALICE, OPEN_MANY(1, "/x /x"), TOLD("-5 -5")},
		{ALICE, STAT("/c"), STATED(3, 1, 1000, 1000, 0666, 0)});
}

SCENARIO(at_a_limit_in_the_middle_the_rest_fails)
{
	given_three(world);
	given_limit(world, BOB, RESOURCE_HANDLES, 2);
	PLAY({BOB, OPEN_MANY(ALL, "/b /x /c /b /a /c"), TOLD("2:0:r -5 3:1:rw -13 -7 -13"),
		     .refusal = {.resource = RESOURCE_HANDLES, .kind = REFUSED_USER}},
		{BOB, CLOSE(0)}, {BOB, OPEN_MANY(ALL, "/c /c"), TOLD("3:0:rw -13")});
	ck_assert_uint_eq(world->broker.counters.requests[WIRE_OP_OPEN_MANY], 2);
	ck_assert_uint_eq(world->broker.counters.requests[WIRE_OP_OPEN], 3 + world->fired);
	ck_assert_uint_eq(world->broker.counters.refusals[RESOURCE_HANDLES], 3);
	ck_assert_uint_eq(world->broker.counters.denials, 1);
}

/* Calls that an open makes: a new handle's, or the one of a read-only descriptor. */
static void fail_one(struct world *world, unsigned int nth, const char *told)
{
	const struct step step = {BOB, OPEN_MANY(ALL, "/b /c /b"), TOLD(told)};
	const struct failure *fired;
	struct reply reply;
	char text[64];

	failing_plan(nth, 0);
	fired = ask_disturbed(world, &step, &reply);
	failing_plan(0, 0);
	ck_assert_ptr_nonnull(fired);
	snprintf(text, sizeof(text), told, (int)fired->status);
	ck_assert_int_eq(reply.error, fired->status == STATUS_INTERNAL ? fired->error : 0);
	reply.error = 0;
	expect_reply(world, &(struct step){BOB, OPEN_MANY(ALL, "/b /c /b"), TOLD(text)}, &reply);
	reply_deinit(&reply);
}

SCENARIO(a_name_that_the_broker_has_no_memory_or_descriptor_for_fails_alone)
{
	given_three(world);
	if (world->nth > 0)
		return;
	fail_one(world, 1, "-%d 3:0:rw 2:1:r");
	PLAY({BOB, CLOSE(1)}, {BOB, CLOSE(0)});
	/* there are handles: this is the descriptor's call */
	fail_one(world, 1, "-%d 3:0:rw 2:1:r");
	PLAY({BOB, CLOSE(1)}, {BOB, CLOSE(0)});
	/* each open has two calls */
	fail_one(world, 3, "2:0:r 3:1:rw -%d");
}

SCENARIO(the_same_serial_is_answered_with_the_same_handles)
{
	given_three(world);
	PLAY({ALICE, CREATE("/d", 1, 0600), OPENED(4, 1, 0, RW)},
		{BOB, OPEN_MANY(ALL, "/b /a /c /b"), TOLD("2:0:r -7 3:1:rw 2:2:r")},
		{BOB, AGAIN, OPEN_MANY(ALL, "/b /a /c /b"), TOLD("2:0:r -17 3:1:rw 2:2:r")},
		{ALICE, DELETE("/c"), DONE},
		{BOB, AGAIN, OPEN_MANY(ALL, "/b /a /c /b"), TOLD("2:0:r -17 3:1:rw 2:2:r")},
		{BOB, IGNORED, OPEN_MANY(ALL, "/b /a /c /b")},
		{ALICE, STAT("/b"), STATED(2, 5000, 1000, 1000, 0644, 2)});
}

SCENARIO(what_failed_is_not_opened_when_it_is_asked_once_more)
{
	given_three(world);
	PLAY({BOB, OPEN_MANY(ALL, "/b /c"), TOLD("2:0:r 3:1:rw")},
		{BOB, OPEN_MANY(ALL, "/new /a"), TOLD("-5 -7")},
		{BOB, CREATE("/new", 1, 0666), OPENED(4, 1, 2, RW)},
		{DAVE, OPEN_MANY(ALL, "/late"), TOLD("-5")},
		{ALICE, CREATE("/late", 1, 0666), OPENED(5, 1, 0, RW)},
		{DAVE, AGAIN, OPEN_MANY(ALL, "/late"), TOLD("-17")},
		{ALICE, STAT("/late"), STATED(5, 1, 1000, 1000, 0666, 1)},
		{DAVE, OPEN_MANY(ALL, "/late"), TOLD("5:0:rw")});
}

/* A hold of an earlier request has a place, too. */
SCENARIO(what_an_earlier_request_opened_is_not_told)
{
	given_three(world);
	PLAY({BOB, OPEN_MANY(ALL, "/b /c"), TOLD("2:0:r 3:1:rw")},
		{BOB, OPEN_MANY(ALL, "/x /x /c"), TOLD("-5 -5 3:2:rw")},
		{BOB, AGAIN, OPEN_MANY(ALL, "/x /x /c"), TOLD("-17 -17 3:2:rw")},
		{BOB, OPEN_MANY(ALL, "/x /x"), TOLD("-5 -5")},
		{BOB, AGAIN, OPEN_MANY(ALL, "/x /x"), TOLD("-17 -17")});
}

/* Whatever a bad journal had: a ring of holds, or a place that no request has. */
SCENARIO(holds_that_no_request_leaves_are_not_followed)
{
	struct holder **holders;

	given_three(world);
	PLAY({BOB, OPEN_MANY(ALL, "/b /c"), TOLD("2:0:r 3:1:rw")});
	holders = world->peers[BOB]->holders;
	holders[0]->previous = 1;
	PLAY({BOB, AGAIN, OPEN_MANY(ALL, "/b /c"), TOLD("2:0:r 3:1:rw")});
	holders[1]->place = WIRE_FDS_MAX + 1;
	PLAY({BOB, AGAIN, OPEN_MANY(ALL, "/b /c"), TOLD("-17 -17")});
}

SCENARIO(what_a_new_broker_has_no_room_for_is_closed)
{
	given_three(world);
	PLAY({BOB, OPEN_MANY(ALL, "/b /c /b"), TOLD("2:0:r 3:1:rw 2:2:r")},
		{BOB, AGAIN, OPEN_MANY(2, "/b /c /b"), TOLD("2:0:r 3:1:rw -17")},
		{ALICE, STAT("/b"), STATED(2, 5000, 1000, 1000, 0644, 1)},
		{BOB, AGAIN, OPEN_MANY(ALL, "/b /c /b"), TOLD("2:0:r 3:1:rw -17")},
		{BOB, OPEN_MANY(ALL, "/b"), TOLD("2:2:r")});
}
