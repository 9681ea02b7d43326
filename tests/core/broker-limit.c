/* SPDX-License-Identifier: MIT */
/* What one user, and all of them, may have at most: of segments, bytes and handles. */
#include <string.h>
#include <unistd.h>

#include "tests/core/world.h"

SCENARIO(at_the_limit_of_segments_only_creating_fails)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 2);
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, CREATE("/b", 1, 0666), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/c", 1, 0666), LIMITED(SEGMENTS, HOST)},
		{ROOT, CREATE("/c", 1, 0666), LIMITED(SEGMENTS, HOST)},
		{ALICE, ANONYMOUS(1, false), LIMITED(SEGMENTS, HOST)},
		{ALICE, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN("/c", 1), FAILS(NOT_FOUND)}, {BOB, DELETE("/b"), DONE});
}

SCENARIO(a_deleted_segment_counts_until_its_last_holder_has_gone)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 1);
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CREATE("/a", 1, 0666), FAILS(NO_RESOURCES)}, {ALICE, CLOSE(0)},
		{ALICE, CREATE("/a", 1, 0666), FAILS(NO_RESOURCES)}, {BOB, LEAVES},
		{ALICE, CREATE("/a", 1, 0666), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_segment_counts_though_its_creator_has_gone)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 4); /* half of it for one */
	PLAY({DAVE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{DAVE, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)}, {DAVE, LEAVES},
		{DAVE, CREATE("/c", 1, 0666), LIMITED(SEGMENTS, SHARE)}, {ROOT, DELETE("/a"), DONE},
		{DAVE, CREATE("/c", 1, 0666), OPENED(3, 1, 0, RW)});
}

SCENARIO(a_limit_of_no_segments_allows_none)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 0);
	PLAY({ROOT, CREATE("/a", 1, 0600), FAILS(NO_RESOURCES)});
	given_host_limit(world, RESOURCE_SEGMENTS, 1);
	PLAY({ROOT, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

/* 6: the first takes half, the second a third of what is left, root the rest. */
SCENARIO(users_share_and_root_takes_what_is_left)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 6);
	PLAY({ALICE, CREATE("/1", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, CREATE("/2", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/3", 1, 0600), OPENED(3, 1, 1, RW)},
		{ALICE, CREATE("/4", 1, 0600), LIMITED(SEGMENTS, SHARE)},
		{ALICE_TOO, CREATE("/4", 1, 0600), LIMITED(SEGMENTS, SHARE)},
		{BOB, CREATE("/4", 1, 0600), OPENED(4, 1, 0, RW)},
		{BOB, CREATE("/5", 1, 0600), LIMITED(SEGMENTS, SHARE)},
		{ROOT, CREATE("/5", 1, 0600), OPENED(5, 1, 0, RW)},
		{ROOT, CREATE("/6", 1, 0600), OPENED(6, 1, 1, RW)},
		{ROOT, CREATE("/7", 1, 0600), LIMITED(SEGMENTS, HOST)},
		{DAVE, CREATE("/7", 1, 0600), LIMITED(SEGMENTS, HOST)});
}

SCENARIO(a_users_own_limit_takes_the_place_of_the_share)
{
	given_host_limit(world, RESOURCE_SEGMENTS, 4);
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 3);
	given_limit(world, ROOT, RESOURCE_SEGMENTS, 0);
	PLAY({ALICE, CREATE("/1", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, CREATE("/2", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/3", 1, 0600), OPENED(3, 1, 1, RW)},
		{ALICE_TOO, CREATE("/4", 1, 0600), LIMITED(SEGMENTS, USER)},
		{ROOT, CREATE("/4", 1, 0600), LIMITED(SEGMENTS, USER)},
		{BOB, CREATE("/4", 1, 0600), OPENED(4, 1, 0, RW)});
}

SCENARIO(bytes_count_in_whole_pages_and_are_refunded)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	given_limit(world, ALICE, RESOURCE_BYTES, 2 * page);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", page + 1, 0600), LIMITED(BYTES, USER)},
		{ALICE, ANONYMOUS(page + 1, false), LIMITED(BYTES, USER)},
		{ALICE, ANONYMOUS(page, false), MADE(2, 1, RW)},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)}, {ALICE, CLOSE(1)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(3, 1, 1, RW)},
		{ALICE, CREATE("/c", 1 << 20, 0600), LIMITED(BYTES, USER)},
		{ALICE, CREATE("/c", (1 << 20) + 1, 0600), FAILS(TOO_BIG)});
}

/* They are memory of the broker, and of its journal. */
SCENARIO(a_name_and_entries_of_more_than_256_bytes_cost_a_page)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct wire_entry many[WIRE_ENTRIES_MAX];
	char name[1 + 255 + 1 + 255 + 1]; /* each component as long as it may be */

	for (uint32_t i = 0; i < WIRE_ENTRIES_MAX; i++)
		many[i] = (struct wire_entry)USER(5000 + i, RO);
	memset(name, 'n', sizeof(name));
	name[0] = name[256] = '/';
	name[sizeof(name) - 1] = '\0';
	given_limit(world, ALICE, RESOURCE_BYTES, 2 * page);
	PLAY({ALICE, CREATE("/a", page + 1, 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
		     LIMITED(BYTES, USER)},
		{ALICE, CREATE("/a", page + 1, 0600), .entries = many,
			.entry_count = WIRE_ENTRIES_MAX - 1, OPENED(1, page + 1, 0, RW)},
		{ALICE, SET_RIGHTS("/a", 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
			LIMITED(BYTES, USER)},
		{ALICE, STAT("/a"), .entries = many, .entry_count = WIRE_ENTRIES_MAX - 1,
			STATED(1, page + 1, 1000, 1000, 0600, 1)},
		{ALICE, DELETE("/a"), DONE}, {ALICE, CLOSE(0)},
		{ALICE, CREATE(name, 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)}, {ALICE, DELETE(name), DONE},
		{ALICE, CLOSE(0)}, {ALICE, CREATE("/a", 1, 0600), OPENED(3, 1, 0, RW)},
		{ALICE, SET_RIGHTS("/a", 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
			DONE},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)},
		{ALICE, SET_RIGHTS("/a", 0600), DONE},
		{ALICE, CREATE("/b", 1, 0600), OPENED(4, 1, 1, RW)});
}

SCENARIO(at_the_limit_of_handles_only_opening_fails)
{
	given_limit(world, BOB, RESOURCE_HANDLES, 2);
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)},
		{BOB, OPEN("/a", 0), LIMITED(HANDLES, USER)},
		{BOB, CREATE("/c", 1, 0666), LIMITED(HANDLES, USER)},
		{BOB, ANONYMOUS(1, false), LIMITED(HANDLES, USER)},
		{BOB, OPEN("/c", 0), FAILS(NOT_FOUND)}, {BOB, REOPEN(1), REOPENED(1)},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 2)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, /* another's limit is another's */
		{BOB, CLOSE(0)}, {BOB, CREATE("/c", 1, 0666), OPENED(3, 1, 0, RW)},
		{BOB, OPEN("/a", 0), LIMITED(HANDLES, USER)});
}

SCENARIO(a_user_does_not_exceed_the_limit_by_closing_and_opening)
{
	given_limit(world, ALICE, RESOURCE_HANDLES, 9); /* one more than a table's first room */
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	for (uint32_t i = 1; i < 9; i++)
		PLAY({ALICE, OPEN("/a", 0), OPENED(1, 1, i, RW)});
	for (int round = 0; round < 3; round++) {
		PLAY({ALICE, OPEN("/a", 0), FAILS(NO_RESOURCES)}, {ALICE, CLOSE(4)},
			{ALICE, CLOSE(4)}, {ALICE, OPEN("/a", 0), OPENED(1, 1, 4, RW)},
			{ALICE_TOO, OPEN("/a", 0), FAILS(NO_RESOURCES)},
			{ALICE, OPEN("/a", 0), FAILS(NO_RESOURCES)});
	}
}

SCENARIO(the_hosts_handles_are_a_limit_too)
{
	given_host_limit(world, RESOURCE_HANDLES, 2);
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ROOT, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{ROOT, OPEN("/a", 0), LIMITED(HANDLES, HOST)},
		{BOB, CREATE("/b", 1, 0666), LIMITED(HANDLES, HOST)}, {ROOT, LEAVES},
		{BOB, CREATE("/b", 1, 0666), OPENED(2, 1, 0, RW)});
}

/* Of seven that come back one after the other: who has one already takes it from nobody. */
SCENARIO(a_connection_that_is_refused_leaves_nothing)
{
	given_host_limit(world, RESOURCE_CONNECTIONS, 7);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, LEAVES, LIMITED(CONNECTIONS, SHARE)},
		{ALICE, LEAVES, LIMITED(CONNECTIONS, SHARE)}, {BOB, LEAVES}, {ROOT, LEAVES});
	given_host_limit(world, RESOURCE_CONNECTIONS, 6);
	PLAY({ALICE, LEAVES, LIMITED(CONNECTIONS, HOST)}, {BOB, LEAVES});
	given_host_limit(world, RESOURCE_CONNECTIONS, 100);
	given_limit(world, ALICE_TOO, RESOURCE_CONNECTIONS, 1);
	PLAY({ALICE, LEAVES, LIMITED(CONNECTIONS, USER)},
		{ALICE_TOO, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)});
	given_limit(world, ALICE_TOO, RESOURCE_CONNECTIONS, 2);
	PLAY({ALICE, LEAVES}, {ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)});
}
