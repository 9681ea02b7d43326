/* SPDX-License-Identifier: MIT */
/* DELETE: who may, and what becomes of those who hold the segment. */
#include "tests/core/world.h"

SCENARIO(a_deleted_name_is_free_at_once)
{
	PLAY({ALICE, CREATE("/a", 4096, 0666), OPENED(1, 4096, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{BOB, OPEN("/a", 0), FAILS(NOT_FOUND)}, {BOB, STAT("/a"), FAILS(NOT_FOUND)},
		{ALICE, DELETE("/a"), FAILS(NOT_FOUND)},
		{DAVE, CREATE_EXCL("/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, DELETE("/a"), FAILS(DENIED)}); /* it is another's now */
}

SCENARIO(a_hold_survives_the_name)
{
	PLAY({ALICE, CREATE("/a", 4096, 0666), OPENED(1, 4096, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)}, {BOB, REOPEN(1), REOPENED(1)},
		{ALICE, CREATE("/a", 1, 0666), OPENED(2, 1, 0, RW)}, {BOB, REOPEN(1), REOPENED(1)},
		{BOB, CLOSE(0)}, {BOB, REOPEN(1), FAILS(NOT_FOUND)},
		{BOB, OPEN("/a", 0), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_segment_that_nobody_holds_goes_with_its_name)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0)},
		{ALICE_TOO, DELETE("/a"), DONE}, {ROOT, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(a_segment_stays_when_its_creator_and_all_holders_go)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, LEAVES},
		{ALICE_TOO, LEAVES}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)});
}

SCENARIO(a_deleted_segment_goes_with_the_connection_that_held_it_last)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE_TOO, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, LEAVES}, {ROOT, REOPEN(1), REOPENED(1)}, {ALICE_TOO, LEAVES},
		{ROOT, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(the_owner_and_root_delete_whatever_the_mode)
{
	PLAY({ALICE, CREATE("/0", 1, 0), OPENED(1, 1, 0, 0)}, {ALICE, DELETE("/0"), DONE},
		{ALICE, CREATE("/4", 1, 0400), OPENED(2, 1, 1, RO)},
		{ALICE_TOO, DELETE("/4"), DONE},
		{ALICE, CREATE("/6", 1, 0600), OPENED(3, 1, 2, RW)}, {ROOT, DELETE("/6"), DONE},
		{ROOT, CREATE("/root", 1, 0), OPENED(4, 1, 0, RW)}, {ROOT, DELETE("/root"), DONE});
}

/* NSPR's two errors: EPERM for who may write, EACCES for the rest. */
SCENARIO(others_may_not_delete_and_are_told_why)
{
	PLAY({CAROL, CREATE("/rw", 1, 0666), OPENED(1, 1, 0, RW)},
		{DAVE, DELETE("/rw"), FAILS(NOT_OWNER)}, {BOB, DELETE("/rw"), FAILS(NOT_OWNER)},
		{CAROL, CREATE("/r", 1, 0664), OPENED(2, 1, 1, RW)},
		{DAVE, DELETE("/r"), FAILS(DENIED)}, {BOB, DELETE("/r"), FAILS(NOT_OWNER)},
		{CAROL, CREATE("/w", 1, 0622), OPENED(3, 1, 2, RW)},
		{DAVE, DELETE("/w"), FAILS(DENIED)},
		{ROOT, CREATE("/root", 1, 0666), OPENED(4, 1, 0, RW)},
		{DAVE, DELETE("/root"), FAILS(NOT_OWNER)},
		{DAVE, DELETE("/none"), FAILS(NOT_FOUND)},
		{ROOT, DELETE("/none"), FAILS(NOT_FOUND)});
}

SCENARIO(names_come_and_go_in_any_order)
{
	static const char *const names[] = {"/m", "/d", "/t", "/a", "/f", "/p", "/z", "/b", "/y"};
	const unsigned int count = sizeof(names) / sizeof(names[0]);

	for (unsigned int i = 0; i < count; i++)
		PLAY({ALICE, CREATE_EXCL(names[i], 1, 0600), OPENED(i + 1, 1, i, RW)});
	for (unsigned int i = 0; i < count; i++)
		PLAY({ALICE, DELETE(names[(i * 4) % count]), DONE},
			{ALICE, DELETE(names[(i * 4) % count]), FAILS(NOT_FOUND)});
	for (unsigned int i = 0; i < count; i++)
		PLAY({ALICE, CLOSE((i * 5) % count)},
			{ALICE, REOPEN((i * 5) % count + 1), FAILS(NOT_FOUND)});
}
