/* SPDX-License-Identifier: MIT */
/* SET_OWNER: who may, and that the new owner pays. Each step sees to it that the charges add up. */
#include <unistd.h>

#include "tests/core/world.h"

SCENARIO(root_gives_a_segment_to_another)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ROOT, SET_OWNER("/a", 1003, 2000), DONE},
		{DAVE, STAT("/a"), STATED(1, 1, 1003, 2000, 0600, 1)},
		{ALICE, OPEN("/a", 0), FAILS(DENIED)}, {ALICE, DELETE("/a"), FAILS(DENIED)},
		{ALICE, SET_OWNER("/a", 1000, AS_IS), FAILS(DENIED)},
		{DAVE, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {DAVE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)}, {ROOT, SET_OWNER("/a", 1003, AS_IS), FAILS(NOT_FOUND)});
}

SCENARIO(the_new_owner_pays_even_when_not_connected)
{
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 1);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(SEGMENTS, USER)},
		{ROOT, SET_OWNER("/a", 4242, AS_IS), DONE},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ROOT, STAT("/a"), STATED(1, 1, 4242, 1000, 0600, 1)},
		{ROOT, SET_OWNER("/a", 4243, AS_IS), DONE}, {ALICE, CLOSE(0)},
		{ROOT, DELETE("/a"), DONE});
}

SCENARIO(whom_a_limit_stops_is_given_nothing)
{
	given_limit(world, DAVE, RESOURCE_SEGMENTS, 1);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ROOT, SET_OWNER("/a", 1003, 1003), DONE},
		{ROOT, SET_OWNER("/b", 1003, 1003), LIMITED(SEGMENTS, USER)},
		{ALICE, STAT("/b"), STATED(2, 1, 1000, 1000, 0600, 1)}, /* nor its group */
		{DAVE, CREATE("/c", 1, 0600), LIMITED(SEGMENTS, USER)}, {DAVE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)}, {ROOT, SET_OWNER("/b", 1003, 1003), DONE});
}

SCENARIO(of_two_charges_the_first_comes_back_when_the_second_is_refused)
{
	given_limit(world, DAVE, RESOURCE_BYTES, (uint64_t)sysconf(_SC_PAGESIZE));
	PLAY({ALICE, CREATE("/a", 1 << 20, 0600), OPENED(1, 1 << 20, 0, RW)},
		{ROOT, SET_OWNER("/a", 1003, AS_IS), LIMITED(BYTES, USER)},
		{ALICE, STAT("/a"), STATED(1, 1 << 20, 1000, 1000, 0600, 1)},
		{DAVE, CREATE("/b", 1, 0600), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_full_host_is_not_in_the_way)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 1);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ROOT, SET_OWNER("/a", 1003, AS_IS), DONE}, {ROOT, SET_OWNER("/a", 0, AS_IS), DONE},
		{ROOT, SET_OWNER("/a", 0, 0), DONE},
		{ROOT, STAT("/a"), STATED(1, 1, 0, 0, 0600, 1)});
}

SCENARIO(an_owner_gives_nothing_away_but_picks_among_the_own_groups)
{
	PLAY({BOB, CREATE("/a", 1, 0660), OPENED(1, 1, 0, RW)},
		{CAROL, OPEN("/a", 0), FAILS(DENIED)}, {BOB, SET_OWNER("/a", AS_IS, 2000), DONE},
		{CAROL, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, SET_OWNER("/a", AS_IS, 1001), DONE}, {CAROL, OPEN("/a", 0), FAILS(DENIED)},
		{BOB, SET_OWNER("/a", AS_IS, 1003), FAILS(NOT_OWNER)},
		{BOB, SET_OWNER("/a", 1003, AS_IS), FAILS(NOT_OWNER)},
		{BOB, SET_OWNER("/a", 0, 2000), FAILS(NOT_OWNER)},
		{BOB, SET_OWNER("/a", 1001, 2000), DONE},
		{BOB, SET_OWNER("/a", AS_IS, AS_IS), DONE},
		{CAROL, SET_OWNER("/a", AS_IS, 2000), FAILS(DENIED)}, /* a member is no manager */
		{NOBODY, SET_OWNER("/a", AS_IS, AS_IS), FAILS(DENIED)},
		{BOB, STAT("/a"), STATED(1, 1, 1001, 2000, 0660, 2)});
}

SCENARIO(a_group_that_the_rule_forces_only_root_changes)
{
	given_rule(world, "/p")->group = 2000;
	PLAY({BOB, CREATE("/p/a", 1, 0660), OPENED(1, 1, 0, RW)},
		{BOB, STAT("/p/a"), STATED(1, 1, 1001, 2000, 0660, 1)},
		{BOB, SET_OWNER("/p/a", AS_IS, 1001), FAILS(REFUSED)},
		{BOB, SET_OWNER("/p/a", AS_IS, 2000), DONE},
		{ROOT, SET_OWNER("/p/a", AS_IS, 1001), DONE},
		{BOB, STAT("/p/a"), STATED(1, 1, 1001, 1001, 0660, 1)});
}
