/* SPDX-License-Identifier: MIT */
/* RENAME: a segment gets another name. */
#include "tests/core/words-unsealed.h"
#include "tests/core/world.h"

SCENARIO(a_renamed_segment_is_the_same)
{
	PLAY({ALICE, CREATE("/a", 4096, 0600), OPENED(1, 4096, 0, RW)},
		{ALICE, RENAME("/a", "/longer/name", 0), DONE},
		{ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)},
		{ALICE, OPEN("/longer/name", 0), OPENED(1, 4096, 1, RW)},
		{ALICE, RENAME("/longer/name", "/b", 0), DONE},
		{ALICE_TOO, OPEN("/b", 0), OPENED(1, 4096, 0, RW)},
		{ALICE, CREATE("/a", 1, 0600), OPENED(2, 1, 2, RW)}, {ALICE, DELETE("/b"), DONE},
		{ALICE, OPEN("/b", 0), FAILS(NOT_FOUND)});
}

SCENARIO(a_rename_takes_the_name_of_another)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", 2, 0600), OPENED(2, 2, 1, RW)},
		{ALICE, RENAME("/a", "/b", WIRE_RENAME_KEEP), FAILS(EXISTS)},
		{ALICE, RENAME("/a", "/a", WIRE_RENAME_KEEP), FAILS(EXISTS)},
		{ALICE, RENAME("/a", "/a", 0), DONE}, {ALICE, RENAME("/a", "/b", 0), DONE},
		{ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)},
		{ALICE, OPEN("/b", 0), OPENED(1, 1, 2, RW)}, {ALICE, REOPEN(2), REOPENED(2)},
		{ALICE, RENAME("/b", "/c", WIRE_RENAME_KEEP), DONE});
}

SCENARIO(who_may_not_delete_may_not_rename)
{
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/secret", 1, 0600), OPENED(2, 1, 1, RW)},
		{DAVE, CREATE("/b", 1, 0666), OPENED(3, 1, 0, RW)},
		{DAVE, RENAME("/a", "/c", 0), FAILS(NOT_OWNER)},
		{DAVE, RENAME("/secret", "/c", 0), FAILS(DENIED)},
		{DAVE, RENAME("/b", "/a", 0), FAILS(NOT_OWNER)},
		{DAVE, RENAME("/b", "/secret", 0), FAILS(DENIED)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 2, RW)},
		{DAVE, RENAME("/none", "/c", 0), FAILS(NOT_FOUND)},
		{ROOT, RENAME("/b", "/a", 0), DONE}, {DAVE, OPEN("/a", 0), OPENED(3, 1, 1, RW)});
}

SCENARIO(names_of_a_rename_are_checked)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, REQUEST(WIRE_OP_RENAME, "/a/b", .rename = {0, 5}), FAILS(BAD_NAME)},
		{ALICE, REQUEST(WIRE_OP_RENAME, "/a/b", .rename = {0, 4}), FAILS(BAD_NAME)},
		{ALICE, REQUEST(WIRE_OP_RENAME, "/a/b", .rename = {0, 0}), FAILS(BAD_NAME)},
		{ALICE, REQUEST(WIRE_OP_RENAME, "/a/b", .rename = {0, UINT32_MAX}),
			FAILS(BAD_NAME)},
		{ALICE, RENAME("/a", "b", 0), FAILS(BAD_NAME)},
		{ALICE, RENAME("/a", "/b/", 0), FAILS(BAD_NAME)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)});
}

/* A parked handle is taken back by the old name: that must not be. */
SCENARIO(a_rename_freezes_parked_handles)
{
	PLAY({ALICE, RING, QUIET}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, PARKS(0)}, {ALICE_TOO, RENAME("/a", "/b", 0), DONE},
		{ALICE, PARKS(0), FROZEN});
}

/*
 * The rings of those who hold the segment that loses the name are read then. One of them may tell
 * of the last close of the segment that gets it.
 */
SCENARIO(a_rename_is_over_before_what_others_closed_is_seen)
{
	PLAY({BOB, RING, QUIET}, {ALICE, CREATE("/target", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_LIVING("/brief", 0666, UNUSED, 0), OPENED(2, 1, 1, RW)},
		{BOB, OPEN("/target", 0), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/brief", 0), OPENED(2, 1, 1, RW)}, {ALICE, CLOSE(1)}, {BOB, RINGS(1)},
		{ALICE, RENAME("/brief", "/target", 0), DONE, EXPIRES("/target ")},
		{ALICE, OPEN("/target", 0), FAILS(NOT_FOUND)});
}
