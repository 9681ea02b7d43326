/* SPDX-License-Identifier: MIT */
/* Watchers of handles: what they could tell of is not parked while they watch. */
#include <string.h>

#include "tests/core/world.h"

#define HANDLES (WIRE_EVENT_OPENED | WIRE_EVENT_CLOSED | WIRE_EVENT_UNUSED)

/* Alice has "/a0" and "/a1" open, and 1 is parked. */
static void given_one_parked(struct world *world, uint32_t mode)
{
	PLAY({ALICE, RING, QUIET});
	given(world, ALICE, 2, "a", mode);
	PLAY({ALICE, PARKS(1)});
}

static void expect_none_parked(struct world *world, bool closes)
{
	PLAY({ALICE, TAKES(1), FROZEN}, {ALICE, PARKS(0), FROZEN}, {ALICE, HOLDERS(2), HELD("")},
		{ALICE, OPEN("/a1", 0), OPENED(2, 1, 1, RW)}, {ALICE, PARKS(1), FROZEN});
	ck_assert_uint_eq(world->peers[ALICE]->ring.page->quiet, !closes);
}

SCENARIO(who_watches_opens_ends_parking)
{
	given_one_parked(world, 0666);
	PLAY({BOB, WATCH("/a", WIRE_EVENT_OPENED), DONE});
	expect_none_parked(world, false);
}

SCENARIO(who_watches_closes_ends_parking)
{
	given_one_parked(world, 0666);
	PLAY({BOB, WATCH("", WIRE_EVENT_CLOSED), DONE});
	expect_none_parked(world, true);
}

SCENARIO(who_watches_for_what_is_unused_ends_parking)
{
	given_one_parked(world, 0666);
	PLAY({BOB, WATCH("", WIRE_EVENT_UNUSED), DONE});
	expect_none_parked(world, true);
}

/* Each handle was closed before anybody watched. */
SCENARIO(no_event_tells_of_what_was_parked)
{
	const struct watches *watches = &world->broker.registry.watches;

	given_one_parked(world, 0666);
	PLAY({ROOT, WATCH("/other", HANDLES), DONE}, {BOB, WATCH("/a", HANDLES), DONE});
	ck_assert_uint_eq(world->peers[BOB]->watcher->next, watches->end);
	ck_assert_uint_eq(world->peers[ROOT]->watcher->next, watches->end);
}

SCENARIO(who_watches_other_kinds_or_other_names_leaves_all_parked)
{
	given_one_parked(world, 0666);
	PLAY({BOB, WATCH("", WIRE_EVENT_CREATED | WIRE_EVENT_DELETED | WIRE_EVENT_RIGHTS), DONE},
		{CAROL, WATCH("/b", HANDLES), DONE}, {DAVE, WATCH_EXACT("/a", HANDLES), DONE},
		{ALICE, TAKES(1)}, {ALICE, PARKS(1)},
		{ALICE, CREATE("/a2", 1, 0666), OPENED(3, 1, 2, RW)}, {ALICE, PARKS(2)});
}

SCENARIO(who_may_not_see_a_segment_leaves_it_parked)
{
	given_one_parked(world, 0600);
	PLAY({BOB, WATCH("", HANDLES), DONE}, {ALICE, TAKES(1)}, {ALICE, PARKS(1)},
		{ALICE, CREATE("/a2", 1, 0600), OPENED(3, 1, 2, RW)}, {ALICE, PARKS(2)});
}

SCENARIO(who_may_see_a_segment_from_now_on_ends_its_parking)
{
	given_one_parked(world, 0600);
	PLAY({BOB, WATCH("", HANDLES), DONE}, {ALICE, TAKES(1)}, {ALICE, PARKS(1)},
		{ALICE, OPEN("/a1", 0), OPENED(2, 1, 2, RW)}, {ALICE, PARKS(2)},
		{ALICE, SET_RIGHTS("/a1", 0666), DONE}, {ALICE, TAKES(1), FROZEN},
		{ALICE, TAKES(2), FROZEN}, {ALICE, OPEN("/a1", 0), OPENED(2, 1, 2, RW)},
		{ALICE, PARKS(2), FROZEN});
}

SCENARIO(a_policy_that_makes_an_observer_of_a_watcher_ends_parking)
{
	const struct watches *watches = &world->broker.registry.watches;
	struct policy policy;

	given_one_parked(world, 0600);
	PLAY({BOB, WATCH("", HANDLES), DONE}, {ALICE, TAKES(1)}, {ALICE, PARKS(1)});
	policy_init(&policy);
	memcpy(policy.host, world->broker.policy.host, sizeof(policy.host));
	policy.segment_bytes = 1 << 20;
	policy.observers = 2000; /* bob's other group */
	ck_assert(broker_set_policy(&world->broker, &policy));
	ck_assert_uint_eq(world->peers[BOB]->watcher->next, watches->end);
	PLAY({ALICE, TAKES(1), FROZEN}, {ALICE, OPEN("/a1", 0), OPENED(2, 1, 1, RW)},
		{ALICE, PARKS(1), FROZEN});
}

SCENARIO(after_the_last_watcher_the_next_handles_may_be_parked)
{
	PLAY({BOB, WATCH("", HANDLES), DONE}, {ALICE, RING, QUIET});
	given(world, ALICE, 1, "a", 0666);
	PLAY({ALICE, PARKS(0), FROZEN}, {BOB, LEAVES}, {ALICE, PARKS(0), FROZEN},
		{ALICE, OPEN("/a0", 0), OPENED(1, 1, 1, RW)}, {ALICE, PARKS(1)});
}

SCENARIO(a_watch_that_is_refused_sweeps_nothing)
{
	given_one_parked(world, 0666);
	given_limit(world, BOB, RESOURCE_WATCHES, 0);
	PLAY({BOB, WATCH("", HANDLES), LIMITED(WATCHES, USER)}, {ALICE, TAKES(1)});
}
