/* SPDX-License-Identifier: MIT */
/* Observers see all, and may do no more than anybody else. */
#include "tests/core/world.h"

#define FOR(uid_, gid_) USER(uid_, 0), MEMBERS(gid_, 0)

/* Bob is in 2000 besides, Carol by her gid. */
static void given_observers(struct world *world)
{
	world->broker.policy.observers = 2000;
}

SCENARIO(an_observer_sees_all_and_reads_nothing)
{
	given_observers(world);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 1, RW)}, {BOB, LIST(0, ""), LISTED(0, "/a ")},
		{CAROL, LIST(0, ""), LISTED(0, "/a ")}, {DAVE, LIST(0, ""), LISTED(0, "")},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)},
		{DAVE, STAT("/a"), FAILS(NOT_FOUND)}, {BOB, HOLDERS(2), HELD("1000:1:rw")},
		{BOB, ACCOUNTS(0, 0), ACCOUNTED(UINT32_MAX, "0 1000 1001 1002 1003 65534")},
		{BOB, OPEN("/a", 0), FAILS(DENIED)}, {BOB, REOPEN(1), FAILS(NOT_FOUND)},
		{BOB, REOPEN(2), FAILS(NOT_FOUND)}, {BOB, REDEEM(2), FAILS(NOT_FOUND)},
		{BOB, DELETE("/a"), FAILS(DENIED)}, {BOB, SET_RIGHTS("/a", 0666), FAILS(DENIED)},
		{BOB, SET_OWNER("/a", 1001, AS_IS), FAILS(DENIED)});
}

SCENARIO(without_a_group_of_observers_only_root_sees_all)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {BOB, LIST(0, ""), LISTED(0, "")},
		{NOBODY, LIST(0, ""), LISTED(0, "")}, {ROOT, LIST(0, ""), LISTED(0, "/a")},
		{BOB, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1000, 1000)), FAILS(DENIED)});
}

/* Their group is (gid_t)-1, and so is that of no observers. */
SCENARIO(who_has_no_number_here_is_no_observer_whatever_the_group)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{NOBODY, STAT("/a"), FAILS(NOT_FOUND)});
	world->broker.policy.observers = 65534;
	world->peers[NOBODY]->credentials.gid = 65534;
	PLAY({NOBODY, STAT("/a"), FAILS(NOT_FOUND)},
		{NOBODY, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1000, 1000)), FAILS(DENIED)});
}

SCENARIO(why_another_may_or_may_not_is_told_to_who_sees_all)
{
	given_observers(world);
	PLAY({ALICE, CREATE("/a", 1, 0640), ENTRIES(USER(77, WIRE_DELETE), MEMBERS(88, RO)),
		     OPENED(1, 1, 0, RW)},
		{BOB, EXPLAIN("/a", WIRE_READ),
			EXPLAINED(false, "read denied by rule 5: the bits of the mode for others "
					 "(owner 1000")},
		{BOB, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1000, 5)),
			EXPLAINED(true, "read allowed by rule 2")},
		{BOB, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(77, 88)),
			EXPLAINED(false, "read denied by rule 3")},
		{BOB, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(78, 1000)),
			EXPLAINED(true, "read allowed by rule 4")},
		{ROOT, EXPLAIN("/a", WIRE_READ),
			ENTRIES(FOR(78, 79), MEMBERS(99, 0), MEMBERS(88, 0)),
			EXPLAINED(true, "read allowed by rule 4")},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(78, 79)),
			EXPLAINED(false, "read denied by rule 5")},
		{ROOT, EXPLAIN("/a", WIRE_WRITE), ENTRIES(FOR(0, 0)),
			EXPLAINED(true, "write allowed by rule 1")},
		{ROOT, EXPLAIN("/b", WIRE_READ), ENTRIES(FOR(78, 79)), FAILS(NOT_FOUND)});
}

/* Whoever is not connected has the limits of the groups that are told. */
SCENARIO(limits_and_policy_are_those_of_the_other)
{
	struct limit_rule *limits = policy_add_limit_rule(&world->broker.policy);

	ck_assert_ptr_nonnull(limits);
	limits->is_group = true;
	limits->id = 88;
	limits->limit[RESOURCE_SEGMENTS] = 0;
	given_rule(world, "/p")->restricted = true;
	given_limit(world, ALICE, RESOURCE_HANDLES, 0);
	PLAY({ROOT, EXPLAIN("/a", WIRE_CREATE), ENTRIES(FOR(77, 88)),
		     EXPLAINED(false, "create denied by a limit: 0 segments (user-segments)")},
		{ROOT, EXPLAIN("/a", WIRE_CREATE), ENTRIES(FOR(77, 7), MEMBERS(88, 0)),
			EXPLAINED(false, "create denied by a limit: 0 segments (user-segments)")},
		{ROOT, EXPLAIN("/a", WIRE_CREATE), ENTRIES(FOR(77, 7)),
			EXPLAINED(true, "create allowed: no rule")},
		{ROOT, EXPLAIN("/a", WIRE_CREATE), ENTRIES(FOR(1000, 7)),
			EXPLAINED(
				false, "create denied by a limit: 0 open handles (user-handles)")},
		{ROOT, EXPLAIN("/p/a", WIRE_CREATE), ENTRIES(FOR(77, 7)),
			EXPLAINED(false, "create denied by test.conf:1: [name /p]")},
		{ROOT, ACCOUNTS(77, 1), ACCOUNTED(UINT32_MAX, "")}); /* nothing is left of it */
}

SCENARIO(another_is_a_user_and_a_group_and_nothing_but_groups)
{
	PLAY({ROOT, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(USER(1, 0)), FAILS(BAD_RIGHTS)},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(MEMBERS(1, 0), USER(1, 0)),
			FAILS(BAD_RIGHTS)},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1, 1), USER(2, 0)), FAILS(BAD_RIGHTS)},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(AS_IS, 1)), FAILS(BAD_RIGHTS)},
		{ROOT, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1, AS_IS)), FAILS(BAD_RIGHTS)},
		{ROOT, EXPLAIN("/a", 0), ENTRIES(FOR(1, 1)), FAILS(BAD_RIGHTS)},
		{ALICE, EXPLAIN("/a", WIRE_READ), ENTRIES(FOR(1000, 1000)), FAILS(DENIED)},
		{ALICE, EXPLAIN("/a", 0), ENTRIES(USER(1, 0)), FAILS(DENIED)});
}
