/* SPDX-License-Identifier: MIT */
/* Limits of handles: what is parked counts as closed before anybody is refused. */
#include "tests/core/world.h"

/* Alice has "/a0" to "/a3" open, as 0 to 3, and all but 0 parked. */
static void given_three_parked(struct world *world)
{
	PLAY({ALICE, RING, QUIET});
	given(world, ALICE, 4, "a", 0666);
	PLAY({ALICE, PARKS(1)}, {ALICE, PARKS(2)}, {ALICE, PARKS(3)});
}

static uint64_t handles_of(const struct world *world, enum who who)
{
	return world->peers[who]->account->used[RESOURCE_HANDLES];
}

SCENARIO(ones_own_parked_handles_make_room_for_ones_next_open)
{
	given_three_parked(world);
	given_limit(world, ALICE, RESOURCE_HANDLES, 4);
	PLAY({ALICE, OPEN("/a0", 0), OPENED(1, 1, 3, RW)}, {ALICE, TAKES(1), FROZEN},
		{ALICE, PARKS(0), FROZEN}, {ALICE, PARKS(3)}, {ALICE, TAKES(3)});
	ck_assert_uint_eq(handles_of(world, ALICE), 2);
}

/* Not only the last ones of a connection: those in between are free to others, too. */
SCENARIO(the_parked_handles_of_another_connection_make_room)
{
	given_three_parked(world);
	given_limit(world, ALICE, RESOURCE_HANDLES, 4);
	PLAY({ALICE, TAKES(3)}, {ALICE_TOO, OPEN("/a0", 0), OPENED(1, 1, 0, RW)},
		{ALICE, TAKES(1), FROZEN}, {ALICE_TOO, OPEN("/a0", 0), OPENED(1, 1, 1, RW)},
		{ALICE_TOO, OPEN("/a0", 0), LIMITED(HANDLES, USER)},
		{ALICE, OPEN("/a0", 0), LIMITED(HANDLES, USER)}, {ALICE_TOO, CLOSE(1)},
		{ALICE, OPEN("/a1", 0), OPENED(2, 1, 2, RW)},
		{ALICE, HOLDERS(4), HELD("1000:3:rw")});
	ck_assert_uint_eq(handles_of(world, ALICE), 4);
	ck_assert_uint_eq(world->peers[ALICE]->released, 1);
	ck_assert_uint_eq(world->peers[ALICE_TOO]->released, 1);
}

SCENARIO(the_limit_of_one_user_sweeps_nobody_else)
{
	given_three_parked(world);
	given_limit(world, BOB, RESOURCE_HANDLES, 0);
	PLAY({BOB, OPEN("/a0", 0), LIMITED(HANDLES, USER)}, {ALICE, TAKES(1)});
}

SCENARIO(what_others_have_parked_makes_room_on_a_host_that_is_full)
{
	given_three_parked(world);
	given_host_limit(world, RESOURCE_HANDLES, 4);
	PLAY({ROOT, OPEN("/a0", 0), OPENED(1, 1, 0, RW)},
		{ROOT, OPEN("/a0", 0), OPENED(1, 1, 1, RW)},
		{ROOT, OPEN("/a0", 0), OPENED(1, 1, 2, RW)},
		{ROOT, OPEN("/a0", 0), LIMITED(HANDLES, HOST)}, {ALICE, TAKES(1), FROZEN});
}

SCENARIO(what_others_have_parked_is_no_part_of_a_fair_share)
{
	given_three_parked(world);
	given_host_limit(world, RESOURCE_HANDLES, 7);
	PLAY({BOB, OPEN("/a0", 0), OPENED(1, 1, 0, RW)}, {BOB, OPEN("/a0", 0), OPENED(1, 1, 1, RW)},
		{ALICE, TAKES(1), FROZEN});
}

SCENARIO(a_new_segment_makes_room_too)
{
	given_three_parked(world);
	given_limit(world, ALICE, RESOURCE_HANDLES, 4);
	PLAY({ALICE_TOO, CREATE("/b", 1, 0600), OPENED(5, 1, 0, RW)},
		{ALICE_TOO, ANONYMOUS(1, false), MADE(6, 1, RW)}, {ALICE, TAKES(1), FROZEN});
}
