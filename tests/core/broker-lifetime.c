/* SPDX-License-Identifier: MIT */
/* Lifetimes: what goes, and when, by a clock that only PASSES moves. */
#include "tests/core/world.h"

SCENARIO(what_is_kept_stays_for_ever)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0600, KEPT, 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)}, {ALICE, LEAVES},
		{ALICE, PASSES(UINT32_MAX)}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)},
		{ALICE, STAT("/b"), STATED(2, 1, 1000, 1000, 0600, 0), LIVES(KEPT, 0)});
}

SCENARIO(until_unused_goes_with_its_last_holder)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0644, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {ALICE, CLOSE(0)},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0644, 1), LIVES(UNUSED, 0)},
		{BOB, CLOSE(0), EXPIRES("/a ")}, {BOB, OPEN("/a", 0), FAILS(NOT_FOUND)},
		{BOB, CREATE("/a", 1, 0600), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_connections_end_counts_as_close)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0600, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 0), OPENED(2, 1, 2, RW)},
		{ALICE_TOO, OPEN("/b", 0), OPENED(2, 1, 0, RW)}, {ALICE, LEAVES, EXPIRES("/a ")},
		{ALICE_TOO, LEAVES, EXPIRES("/b ")});
}

SCENARIO(a_lingering_segment_waits_for_its_time)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0600, UNUSED, 10), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/k", 0600, KEPT, 20), OPENED(2, 1, 1, RW)},
		{ALICE, PASSES(100)}, /* held, they do not wait at all */
		{ALICE, LEAVES}, {ALICE, PASSES(9)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0), LIVES(UNUSED, 10)},
		{ALICE, PASSES(1), EXPIRES("/a ")}, {ALICE, STAT("/a"), FAILS(NOT_FOUND)},
		{ALICE, PASSES(9)},
		{ALICE, STAT("/k"), STATED(2, 1, 1000, 1000, 0600, 0), LIVES(KEPT, 20)},
		{ALICE, PASSES(1), EXPIRES("/k ")});
}

SCENARIO(an_open_saves_what_lingers_and_a_failed_one_does_not)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0644, UNUSED, 10), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0)},
		{ALICE, PASSES(9)}, {BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {ALICE, PASSES(100)},
		{BOB, CLOSE(0)}, {ALICE, PASSES(9)}, {NOBODY, OPEN("/a", 2), FAILS(BAD_SIZE)},
		{BOB, REOPEN(1), REOPENED(1)},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0644, 0), LIVES(UNUSED, 10)},
		{ALICE, PASSES(1), EXPIRES("/a ")}, {BOB, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(they_go_in_the_order_of_their_times)
{
	PLAY({ALICE, CREATE_LIVING("/late", 0600, UNUSED, 30), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/soon", 0600, UNUSED, 10), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE_LIVING("/too", 0600, KEPT, 10), OPENED(3, 1, 2, RW)},
		{ALICE, CREATE_LIVING("/longest", 0600, UNUSED, UINT32_MAX), OPENED(4, 1, 3, RW)},
		{ALICE, LEAVES}, {ALICE, PASSES(29), EXPIRES("/soon /too ")},
		{ALICE, PASSES(1), EXPIRES("/late ")},
		{ALICE, PASSES(UINT32_MAX), EXPIRES("/longest ")});
}

SCENARIO(what_is_deleted_does_not_expire)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0600, UNUSED, 10), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 10), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE_LIVING("/c", 0600, UNUSED, 0), OPENED(3, 1, 2, RW)},
		{ALICE, DELETE("/a"), DONE}, {ALICE, DELETE("/c"), DONE}, {ALICE, CLOSE(0)},
		{ALICE, CLOSE(1)}, {ALICE, CLOSE(2)}, {ALICE, DELETE("/b"), DONE},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 20), OPENED(4, 1, 2, RW)},
		{ALICE, CLOSE(2)}, {ALICE, PASSES(19)},
		{ALICE, STAT("/b"), STATED(4, 1, 1000, 1000, 0600, 0), LIVES(UNUSED, 20)},
		{ALICE, PASSES(1), EXPIRES("/b ")});
}

SCENARIO(a_lifetime_is_of_a_new_segment_and_one_of_two)
{
	PLAY({ALICE, CREATE_LIVING("/a", 0600, 3, 0), FAILS(BAD_RIGHTS)},
		{ALICE, CREATE_LIVING("/a", 0600, UINT32_MAX, 0), FAILS(BAD_RIGHTS)},
		{ALICE, CREATE_LIVING("/a", 0600, KEPT, 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/a", 0600, UNUSED, 5), OPENED(1, 1, 1, RW)},
		{ALICE, CREATE_LIVING("/a", 0600, 3, 5), OPENED(1, 1, 2, RW)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 3), LIVES(KEPT, 0)});
}

SCENARIO(the_rule_of_the_name_has_the_last_word)
{
	struct name_rule *rule = given_rule(world, "/p");

	rule->lifetime = UNUSED;
	rule->linger = 5;
	given_rule(world, "/q")->linger = 7;
	PLAY({ALICE, CREATE_LIVING("/p/a", 0600, KEPT, 100), OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/p/a"), STATED(1, 1, 1000, 1000, 0600, 1), LIVES(UNUSED, 5)},
		{ALICE, CREATE("/q/a", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, STAT("/q/a"), STATED(2, 1, 1000, 1000, 0600, 1), LIVES(KEPT, 7)},
		{ALICE, LEAVES}, {ALICE, PASSES(5), EXPIRES("/p/a ")},
		{ALICE, PASSES(2), EXPIRES("/q/a ")});
}

SCENARIO(nobody_needs_to_be_told)
{
	world->broker.registry.on_expired = NULL;
	PLAY({ALICE, CREATE_LIVING("/a", 0600, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 5), OPENED(2, 1, 1, RW)}, {ALICE, LEAVES},
		{ALICE, PASSES(5)}, {ALICE, STAT("/a"), FAILS(NOT_FOUND)},
		{ALICE, STAT("/b"), FAILS(NOT_FOUND)});
}
