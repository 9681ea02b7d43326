/* SPDX-License-Identifier: MIT */
/*
 * Who is told to find the memory of a new segment, and what becomes of one that there was none for.
 */
#include "tests/core/world.h"

#define FILL                    (RW | WIRE_FILL)
#define SMALL                   (UINT64_C(16) << 20)
#define MAKE(name, size, flags) OPEN_WITH(name, size, WIRE_OPEN_CREATE | (flags), 0666)

static void given_memory(struct world *world, enum preallocation when)
{
	world->broker.policy.memory.preallocate = when;
	world->broker.policy.segment_bytes = 2 * SMALL;
}

SCENARIO(whoever_makes_a_small_segment_and_nobody_else_fills_it)
{
	given_memory(world, PREALLOCATE_SMALL);
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)},
		{ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 1, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, MAKE("/b", SMALL, 0), OPENED(2, SMALL, 1, FILL)},
		{BOB, MAKE("/c", SMALL + 1, 0), OPENED(3, SMALL + 1, 2, RW)});
}

SCENARIO(anonymous_memory_is_filled_only_where_all_is)
{
	given_memory(world, PREALLOCATE_SMALL);
	given_rule(world, "/")->memory.preallocate = PREALLOCATE_ALWAYS;
	PLAY({ALICE, ANONYMOUS(1, 0), MADE(1, 0, RW)});
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, ANONYMOUS(1, 0), MADE(2, 1, FILL)},
		{ALICE, ANONYMOUS(SMALL + 1, 0), MADE(3, 2, FILL)},
		{ALICE, ANONYMOUS(SMALL, 1), MADE(4, 3, RO)});
}

SCENARIO(the_rule_of_a_name_says_it_before_the_general_policy)
{
	given_memory(world, PREALLOCATE_SMALL);
	given_rule(world, "/always")->memory.preallocate = PREALLOCATE_ALWAYS;
	given_rule(world, "/never")->memory.preallocate = PREALLOCATE_NEVER;
	given_rule(world, "/silent");
	PLAY({ALICE, MAKE("/always/a", SMALL + 1, 0), OPENED(1, SMALL + 1, 0, FILL)},
		{ALICE, MAKE("/never/a", 1, 0), OPENED(2, 1, 1, RW)},
		{ALICE, MAKE("/silent/a", 1, 0), OPENED(3, 1, 2, FILL)},
		{ALICE, MAKE("/silent/b", SMALL + 1, 0), OPENED(4, SMALL + 1, 3, RW)});
}

SCENARIO(what_the_creator_asks_for_goes_before_any_policy)
{
	given_memory(world, PREALLOCATE_SMALL);
	given_rule(world, "/never")->memory.preallocate = PREALLOCATE_NEVER;
	PLAY({ALICE, MAKE("/never/a", 1, WIRE_OPEN_PREALLOCATE), OPENED(1, 1, 0, FILL)},
		{ALICE, MAKE("/a", SMALL + 1, WIRE_OPEN_PREALLOCATE),
			OPENED(2, SMALL + 1, 1, FILL)},
		{ALICE, MAKE("/b", 1, WIRE_OPEN_NO_PREALLOCATE), OPENED(3, 1, 2, RW)},
		{ALICE, MAKE("/c", 1, WIRE_OPEN_NO_PREALLOCATE | WIRE_OPEN_PREALLOCATE),
			OPENED(4, 1, 3, RW)});
}

SCENARIO(who_cannot_write_it_does_not_fill_it)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, MAKE("/a", 1, WIRE_OPEN_READONLY), OPENED(1, 1, 0, RO)},
		{ALICE, CREATE("/b", 1, 0466), OPENED(2, 1, 1, RO)},
		{ALICE, CREATE("/c", 1, 0066), OPENED(3, 1, 2, 0)});
}

SCENARIO(what_is_taken_back_has_neither_name_nor_cost)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)}, {ALICE, TAKE_BACK(0), DONE},
		{ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)}, {ALICE, LIST(0, ""), LISTED(0, "")},
		{ALICE, MAKE("/a", 1, 0), OPENED(2, 1, 0, FILL)});
}

SCENARIO(who_has_opened_it_meanwhile_keeps_it_without_a_name)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, TAKE_BACK(0), DONE},
		{BOB, OPEN("/a", 0), FAILS(NOT_FOUND)}, {BOB, HOLDERS(1), HELD("1001:0:rw")});
}

SCENARIO(a_name_that_is_another_segments_by_now_is_not_taken_back)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)}, {ALICE, DELETE("/a"), DONE},
		{BOB, MAKE("/a", 1, 0), OPENED(2, 1, 0, FILL)}, {ALICE, TAKE_BACK(0), DONE},
		{CAROL, OPEN("/a", 0), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_handle_that_made_nothing_takes_nothing_back)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, TAKE_BACK(1), DONE},
		{ALICE, TAKE_BACK(99), DONE}, {BOB, TAKE_BACK(0), DONE},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0), DONE},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, TAKE_BACK(0), DONE},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)});
}

/* Its owner by the policy is another, and its maker may not delete it by its name. */
SCENARIO(who_made_it_for_another_takes_it_back)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	given_rule(world, "/")->owner = 1001;
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)},
		{ALICE, DELETE("/a"), FAILS(NOT_OWNER)}, {ALICE, TAKE_BACK(0), DONE},
		{ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)});
}

/*
 * The world's clock does not move between two steps: to the clock these opens are at the time of
 * the making.
 */
SCENARIO(who_made_it_for_another_does_not_take_back_what_somebody_opened)
{
	given_memory(world, PREALLOCATE_ALWAYS);
	given_rule(world, "/")->owner = 1001;
	PLAY({ALICE, MAKE("/a", 1, 0), OPENED(1, 1, 0, FILL)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, TAKE_BACK(0), DONE},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)});
	PLAY({ALICE, MAKE("/b", 1, 0), OPENED(2, 1, 0, FILL)},
		{BOB, OPEN("/b", 0), OPENED(2, 1, 2, RW)}, {BOB, CLOSE(2), DONE},
		{ALICE, TAKE_BACK(0), DONE}, {BOB, OPEN("/b", 0), OPENED(2, 1, 2, RW)});
}
