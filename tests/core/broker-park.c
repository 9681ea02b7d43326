/* SPDX-License-Identifier: MIT */
/*
 * Parked handles: who could tell one from a closed one. Each op with a handle that is parked, with
 * one that is open, and with both.
 */
#include <sys/mman.h>

#include "daemon/core/park.h"
#include "tests/core/world.h"

/* Alice has "/a" open as 0 and, parked, as 1. */
static void given_parked_and_open(struct world *world)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, PARKS(1)});
}

SCENARIO(what_is_parked_is_taken_back_without_the_broker)
{
	given_parked_and_open(world);
	PLAY({ALICE, TAKES(1)}, {ALICE, PARKS(1)}, {ALICE, PARKS(0)}, {ALICE, TAKES(0)},
		{ALICE, TAKES(1)}, {DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 2)});
}

SCENARIO(who_looks_skips_what_is_parked_and_sweeps_nothing)
{
	struct segment *segment;

	given_parked_and_open(world);
	PLAY({DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 1)},
		{DAVE, HOLDERS(1), HELD("1000:0:rw")}, {DAVE, LIST(0, ""), LISTED(0, "/a")},
		{ALICE, TAKES(1)}, {DAVE, HOLDERS(1), HELD("1000:0:rw 1000:1:rw")},
		{ALICE, PARKS(1)}, {ALICE, PARKS(0)},
		{DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 0)},
		{DAVE, HOLDERS(1), HELD("")});
	segment = registry_find_number(&world->broker.registry, 1);
	ck_assert_uint_eq(park_count(segment), 2);
	ck_assert_uint_eq(park_count_all(&world->broker), 2);
	PLAY({ALICE, TAKES(0)}, {ALICE, TAKES(1)});
}

SCENARIO(what_is_parked_goes_with_the_name)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, PARKS(0)}, {ROOT, DELETE("/a"), DONE});
	ck_assert_uint_eq(world->broker.registry.count, 0);
	PLAY({ALICE, TAKES(0), FROZEN}, {BOB, CREATE("/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), FAILS(DENIED)});
}

SCENARIO(what_is_open_stays_when_the_name_goes_and_is_not_parked_any_more)
{
	given_parked_and_open(world);
	PLAY({ALICE, DELETE("/a"), DONE}, {ALICE, TAKES(1), FROZEN}, {ALICE, PARKS(0), FROZEN},
		{ALICE, HOLDERS(1), HELD("1000:0:rw")}, {ALICE, RINGS(0)},
		{ALICE, HOLDERS(1), FAILS(NOT_FOUND)});
}

SCENARIO(a_creator_that_takes_its_segment_back_takes_it_from_all)
{
	PLAY({BOB, RING, QUIET}, {ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {BOB, PARKS(0)});
	peer_find(world->peers[ALICE], 0)->access |= WIRE_FILL;
	PLAY({ALICE, TAKE_BACK(0), DONE}, {BOB, TAKES(0), FROZEN});
	ck_assert_uint_eq(world->broker.registry.count, 0);
}

SCENARIO(other_rights_count_from_the_next_open_on)
{
	PLAY({BOB, RING, QUIET}, {ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {BOB, PARKS(0)},
		{ALICE, SET_RIGHTS("/a", 0600), DONE}, {BOB, TAKES(0), FROZEN},
		{BOB, PARKS(1), FROZEN}, {ALICE, HOLDERS(1), HELD("1000:0:rw 1001:1:rw")},
		{BOB, OPEN("/a", 0), FAILS(DENIED)}, {ALICE, SET_RIGHTS("/a", 0604), DONE},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {BOB, PARKS(0)}, {BOB, TAKES(0)});
}

SCENARIO(another_owner_counts_from_the_next_open_on)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, PARKS(0)},
		{ROOT, SET_OWNER("/a", 1001, 1001), DONE}, {ALICE, TAKES(0), FROZEN},
		{ALICE, PARKS(1), FROZEN}, {ALICE, OPEN("/a", 0), FAILS(DENIED)});
}

SCENARIO(another_group_counts_from_the_next_open_on)
{
	PLAY({CAROL, RING, QUIET}, {ROOT, CREATE("/a", 1, 0660), OPENED(1, 1, 0, RW)},
		{ROOT, SET_OWNER("/a", AS_IS, 2000), DONE},
		{CAROL, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {CAROL, PARKS(0)},
		{ROOT, SET_OWNER("/a", AS_IS, 0), DONE}, {CAROL, TAKES(0), FROZEN},
		{CAROL, OPEN("/a", 0), FAILS(DENIED)});
}

SCENARIO(a_change_that_is_refused_sweeps_nothing)
{
	given_parked_and_open(world);
	PLAY({BOB, DELETE("/a"), FAILS(NOT_OWNER)}, {BOB, SET_RIGHTS("/a", 0600), FAILS(DENIED)},
		{BOB, SET_OWNER("/a", 1001, AS_IS), FAILS(DENIED)},
		{ALICE, SET_OWNER("/a", 1001, AS_IS), FAILS(NOT_OWNER)},
		{ALICE, SET_RIGHTS("/a", 0600), ENTRIES(USER(1, RO), USER(1, RO)),
			FAILS(BAD_RIGHTS)},
		{ALICE, TAKES(1)});
}

SCENARIO(what_depends_on_its_holders_is_never_parked)
{
	PLAY({ALICE, RING, QUIET},
		{ALICE, CREATE_LIVING("/a", 0600, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, KEPT, 5), OPENED(2, 1, 1, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(3, 2, RW)}, {ALICE, PARKS(0), FROZEN},
		{ALICE, PARKS(1), FROZEN}, {ALICE, PARKS(2), FROZEN});
}

SCENARIO(what_is_large_is_never_parked)
{
	PLAY({ALICE, RING, QUIET},
		{ALICE, CREATE("/a", RING_PARK_BYTES, 0600), OPENED(1, RING_PARK_BYTES, 0, RW)},
		{ALICE, CREATE("/b", RING_PARK_BYTES + 1, 0600),
			OPENED(2, RING_PARK_BYTES + 1, 1, RW)},
		{ALICE, PARKS(1), FROZEN}, {ALICE, PARKS(0)});
}

/* The bits are of a page that did not exist when the handle was given out. */
SCENARIO(what_was_opened_before_the_page_was_made_is_never_parked)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, RING, QUIET},
		{ALICE, PARKS(0), FROZEN}, {ALICE, RINGS(0)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, PARKS(0)});
	ck_assert_uint_eq(world->peers[ALICE]->ring.page->parking, 1);
}

SCENARIO(a_number_that_is_given_out_again_is_as_new)
{
	given_parked_and_open(world);
	PLAY({ALICE, SET_RIGHTS("/a", 0600), DONE}, {ALICE, TAKES(1), FROZEN},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)});
	ck_assert_uint_eq(world->peers[ALICE]->ring.page->parks[0] & RING_PARKED(1), 0);
	PLAY({ALICE, PARKS(1)}, {ALICE, DELETE("/b"), DONE},
		{ALICE, CREATE_LIVING("/c", 0600, UNUSED, 0), OPENED(3, 1, 1, RW)});
	ck_assert_uint_eq(world->peers[ALICE]->ring.page->parks[0] & RING_PARKED(1), 0);
	PLAY({ALICE, PARKS(1), FROZEN}, {ALICE, HOLDERS(3), HELD("1000:1:rw")});
}

SCENARIO(only_the_first_handles_of_a_connection_are_parked)
{
	PLAY({ALICE, RING, QUIET});
	given(world, ALICE, RING_PARKABLE + 1, "a", 0666);
	PLAY({ALICE, PARKS(RING_PARKABLE), FROZEN}, {ALICE, PARKS(RING_PARKABLE - 1)},
		{ALICE, HOLDERS(RING_PARKABLE), HELD("")},
		{ALICE, HOLDERS(RING_PARKABLE + 1), HELD("1000:256:rw")},
		{ALICE, DELETE("/a255"), DONE}, {ALICE, TAKES(RING_PARKABLE - 1), FROZEN});
}

/* The client may be alive, and have lost its connection. */
SCENARIO(the_end_of_a_connection_freezes_all)
{
	struct ring_page *page;

	given_parked_and_open(world);
	page = mmap(NULL, RING_BYTES, PROT_READ, MAP_SHARED, world->peers[ALICE]->ring.fd, 0);
	ck_assert_ptr_ne(page, MAP_FAILED);
	PLAY({ALICE, LEAVES});
	for (size_t i = 0; i < RING_PARKS; i++)
		ck_assert_uint_eq(page->parks[i] & RING_FROZEN_ALL, RING_FROZEN_ALL);
	munmap(page, RING_BYTES);
	PLAY({DAVE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 0)});
}

/* All bits set, of handles that there are and are not, and of segments that depend on them. */
SCENARIO(nonsense_in_the_bits_closes_ones_own_handles_or_keeps_them)
{
	struct ring_page *page;

	given_parked_and_open(world);
	PLAY({BOB, RING, QUIET}, {BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 0), OPENED(2, 1, 2, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(3, 3, RW)});
	page = world->peers[ALICE]->ring.page;
	for (size_t i = 0; i < RING_PARKS; i++)
		page->parks[i] = UINT64_MAX;
	PLAY({DAVE, HOLDERS(1), HELD("1001:0:rw")}, {ALICE, HOLDERS(2), HELD("1000:2:rw")},
		{ALICE, SET_RIGHTS("/b", 0640), DONE}, {ALICE, HOLDERS(2), HELD("1000:2:rw")});
	for (size_t i = 0; i < RING_PARKS; i++)
		page->parks[i] = UINT64_MAX >> 32;
	PLAY({ALICE, HOLDERS(2), HELD("1000:2:rw")}, {ALICE, DELETE("/b"), DONE},
		{ALICE, HOLDERS(2), HELD("1000:2:rw")}, {ALICE, DELETE("/a"), DONE},
		{BOB, HOLDERS(1), HELD("1001:0:rw")});
	for (size_t i = 0; i < RING_PARKS; i++)
		page->parks[i] = 0;
	page->parking = 0;
	PLAY({ALICE, HOLDERS(3), HELD("1000:3:rw")}, {ALICE, CLOSE(3)},
		{ALICE, CREATE("/a", 1, 0600), OPENED(4, 1, 3, RW)}, {ALICE, CLOSE(2)});
}

/* The library would have asked for the page at first. */
SCENARIO(who_has_no_page_parks_nothing)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, HOLDERS(1), HELD("1000:0:rw")});
	ck_assert_uint_eq(world->peers[ALICE]->parkable, 0);
}

SCENARIO(several_opens_in_one_request_may_all_be_parked)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/b", 0600, UNUSED, 0), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN_MANY(3, "/a /b"), TOLD("1:2:rw 2:3:rw")}, {ALICE, PARKS(2)},
		{ALICE, PARKS(3), FROZEN}, {ALICE, HOLDERS(1), HELD("1000:0:rw")});
}
