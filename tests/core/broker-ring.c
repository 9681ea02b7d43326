/* SPDX-License-Identifier: MIT */
/* RING: closing without a message, seen before anybody could tell the difference. */
#include "tests/core/world.h"

SCENARIO(a_ring_is_made_once)
{
	const struct ring *ring = &world->peers[ALICE]->ring;
	uint64_t inode;

	PLAY({ALICE, RING, QUIET});
	inode = ring->inode;
	PLAY({ALICE, RING, QUIET}, {BOB, RING, QUIET});
	ck_assert_uint_eq(ring->inode, inode);
	ck_assert_uint_ne(world->peers[BOB]->ring.inode, inode);
}

SCENARIO(what_was_closed_in_the_ring_is_closed_before_the_next_request)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, RINGS(0)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, RINGS(1)}, {ALICE, RINGS(0)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)});
}

SCENARIO(who_looks_sees_what_others_closed_in_their_rings)
{
	PLAY({ALICE, RING, QUIET}, {BOB, RING, QUIET},
		{ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, RINGS(0)},
		{DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 3)}, {BOB, RINGS(0)},
		{DAVE, HOLDERS(1), HELD("1000:1:rw 1001:1:rw")}, {BOB, RINGS(1)}, {ALICE, RINGS(1)},
		{DAVE, HOLDERS(1), HELD("")});
}

SCENARIO(what_another_connection_has_closed_in_its_ring_is_in_nobodys_way)
{
	struct reply reply;

	PLAY({ALICE, RING, QUIET}, {ALICE_TOO, RING, QUIET},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)});
	given_limit(world, ALICE, RESOURCE_HANDLES, 2);
	PLAY({ALICE_TOO, OPEN("/a", 0), LIMITED(HANDLES, USER)}, {ALICE, RINGS(0)});
	/* Undisturbed: to close what the ring has is no change that a failure takes back. */
	ask(world, &(const struct step){ALICE_TOO, OPEN("/a", 0)}, &reply);
	ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
}

/* In between the next broker might have to take it once more. */
SCENARIO(room_in_a_ring_comes_with_a_reply_to_its_own_client)
{
	const struct ring *ring = &world->peers[ALICE]->ring;

	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, RINGS(0)}, {DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 0)});
	ck_assert_uint_eq(ring->seen - ring->page->seen, 1);
	PLAY({ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 0)});
	ck_assert_uint_eq(ring->seen, ring->page->seen);
}

SCENARIO(a_message_and_the_ring_together_close_once)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, RINGS(0)}, {ALICE, CLOSE(0)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)}, {ALICE, CLOSE(1)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)});
}

SCENARIO(who_holds_what_would_go_has_to_say_so)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/kept", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, RING, QUIET},
		{ALICE, CREATE_LIVING("/gone", 0600, UNUSED, 0), OPENED(2, 1, 1, RW)},
		{ALICE, RING, LOUD}, {ALICE, CLOSE(1), EXPIRES("/gone ")}, {ALICE, RING, QUIET},
		{ALICE, CREATE_LIVING("/later", 0600, KEPT, 5), OPENED(3, 1, 1, RW)},
		{ALICE, RING, LOUD}, {ALICE, CLOSE(1)}, {ALICE, RING, QUIET},
		{ALICE, ANONYMOUS(1, 0), MADE(4, 1, RW)}, {ALICE, RING, LOUD}, {ALICE, CLOSE(1)},
		{ALICE, RING, QUIET}, {ALICE, PASSES(5), EXPIRES("/later ")});
}

SCENARIO(from_the_loss_of_its_name_on_all_who_hold_it_have_to_say_so)
{
	PLAY({ALICE, RING, QUIET}, {BOB, RING, QUIET},
		{ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {BOB, RINGS(0)},
		{ALICE, DELETE("/a"), DONE});
	ck_assert_uint_eq(world->peers[BOB]->ring.seen, 1); /* at once */
	ck_assert_uint_eq(world->peers[BOB]->ring.page->quiet, 0);
	PLAY({BOB, RING, LOUD}, {ALICE, RING, LOUD}, {ALICE, CLOSE(0)}, {ALICE, RING, QUIET},
		{BOB, CLOSE(1)}, {BOB, RING, QUIET}, {BOB, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(what_was_closed_before_the_loss_of_the_name_keeps_nothing)
{
	PLAY({ALICE, RING, QUIET}, {BOB, RING, QUIET},
		{ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {BOB, RINGS(0)}, {ALICE, RINGS(0)},
		{ALICE, DELETE("/a"), DONE});
	ck_assert_uint_eq(world->broker.registry.count, 0);
}

/* The message is on its way, and others come first. */
SCENARIO(who_looks_does_not_find_what_the_ring_has_let_go)
{
	PLAY({ALICE, RING, QUIET},
		{ALICE, CREATE_LIVING("/a", 0666, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{ALICE, RINGS(0)}, {DAVE, STAT("/a"), FAILS(NOT_FOUND), EXPIRES("/a ")},
		{ALICE, CREATE_LIVING("/b", 0666, UNUSED, 0), OPENED(2, 1, 0, RW)},
		{ALICE, RINGS(0)}, {DAVE, LIST(0, ""), LISTED(0, ""), EXPIRES("/b ")},
		{ALICE, CREATE("/c", 1, 0666), OPENED(3, 1, 0, RW)}, {ALICE, DELETE("/c"), DONE},
		{ALICE, RINGS(0)}, {ALICE, HOLDERS(3), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/d", 1, 0666), OPENED(4, 1, 0, RW)}, {ALICE, DELETE("/d"), DONE},
		{ALICE, RINGS(0)}, {ROOT, HOLDERS(4), FAILS(NOT_FOUND)});
}

static bool is_quiet(const struct world *world, size_t peer)
{
	return world->peers[peer]->ring.page->quiet;
}

SCENARIO(while_somebody_watches_for_closes_they_are_told)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)},
		{ROOT, WATCH("", WIRE_EVENT_CREATED), DONE}, {ALICE, RING, QUIET},
		{BOB, WATCH("", WIRE_EVENT_UNUSED), DONE});
	ck_assert(!is_quiet(world, ALICE));
	PLAY({ALICE, RING, LOUD}, {BOB, LEAVES}, {ALICE, RING, QUIET});
}

SCENARIO(while_one_of_two_watchers_stays_they_are_told)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)},
		{BOB, WATCH("", WIRE_EVENT_CLOSED), DONE},
		{DAVE, WATCH("/a", WIRE_EVENT_UNUSED), DONE}, {ALICE, RING, LOUD}, {BOB, LEAVES},
		{ALICE, RING, LOUD}, {DAVE, LEAVES}, {ALICE, RING, QUIET});
}

/* Neither those that the watcher may not see, nor those with other names. */
SCENARIO(who_holds_nothing_that_is_watched_is_quiet)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{DAVE, RING, QUIET}, {DAVE, CREATE("/d", 1, 0644), OPENED(2, 1, 0, RW)},
		{BOB, WATCH("/a", WIRE_EVENT_CLOSED), DONE});
	ck_assert(is_quiet(world, ALICE) && is_quiet(world, DAVE));
	PLAY({ALICE, RING, QUIET}, {DAVE, RING, QUIET},
		{ALICE, CREATE("/ab", 1, 0644), OPENED(3, 1, 1, RW)}, {ALICE, RING, LOUD},
		{ALICE, CLOSE(1)}, {ALICE, RING, QUIET},
		{DAVE, OPEN("/ab", 0), OPENED(3, 1, 1, WIRE_READ)}, {DAVE, RING, LOUD},
		{DAVE, CLOSE(1)}, {DAVE, RING, QUIET});
}

/* From then on; not of what was closed before. */
SCENARIO(who_may_see_a_segment_from_now_on_is_told_of_its_closes)
{
	const struct watches *watches = &world->broker.registry.watches;
	struct watcher *watcher;

	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{BOB, WATCH("", WIRE_EVENT_CLOSED), DONE}, {ALICE, RINGS(1)},
		{ROOT, SET_RIGHTS("/a", 0644), DONE});
	ck_assert(!is_quiet(world, ALICE));
	watcher = world->peers[BOB]->watcher;
	watcher->next = watches->end;
	PLAY({ALICE, CLOSE(0)}, {ROOT, SET_RIGHTS("/a", 0600), DONE}, {ALICE, RING, QUIET});
	ck_assert(watcher->next < watches->end);
}

SCENARIO(nonsense_in_the_ring_closes_nothing_or_ones_own)
{
	struct ring_page *page;

	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, RINGS(4711)}, {ALICE, RINGS(UINT32_MAX - 1)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)});
	page = world->peers[ALICE]->ring.page;
	page->closed += RING_ROOM + 1;
	PLAY({ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)});
	page->closed = page->seen = 1; /* behind, and a lie */
	PLAY({ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)});
	page->closed = 2;
	page->quiet = 4711;
	PLAY({ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)}, {ALICE, RINGS(0)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)});
}

SCENARIO(a_ring_goes_with_its_connection)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, RINGS(0)}, {ALICE, LEAVES}, {ALICE, RING, QUIET},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)});
}
