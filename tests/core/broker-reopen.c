/* SPDX-License-Identifier: MIT */
/* REOPEN: a read-only descriptor for whoever may read, by the segment's number. */
#include "tests/core/world.h"

SCENARIO(who_may_read_gets_a_descriptor_for_reading)
{
	PLAY({CAROL, CREATE("/a", 1, 0640), OPENED(1, 1, 0, RW)},
		{CAROL, REOPEN(1), REOPENED(1)}, /* hers is read-only, too */
		{BOB, REOPEN(1), REOPENED(1)}, {ROOT, REOPEN(1), REOPENED(1)},
		{DAVE, REOPEN(1), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/0", 1, 0), OPENED(2, 1, 0, 0)},
		{ALICE, REOPEN(2), FAILS(NOT_FOUND)}, {ROOT, REOPEN(2), REOPENED(2)},
		{ALICE, CREATE("/w", 1, 0622), OPENED(3, 1, 1, RW)},
		{DAVE, REOPEN(3), FAILS(NOT_FOUND)});
}

SCENARIO(reopening_holds_nothing)
{
	PLAY({ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)}, {BOB, REOPEN(1), REOPENED(1)},
		{BOB, REOPEN(1), REOPENED(1)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0644, 1)}, {BOB, CLOSE(0)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {BOB, LEAVES}, {ALICE, CLOSE(0)},
		{ALICE, DELETE("/a"), DONE}, {BOB, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(a_number_that_is_no_segments_is_not_found)
{
	PLAY({ALICE, REOPEN(1), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, REOPEN(0), FAILS(NOT_FOUND)}, {ALICE, REOPEN(2), FAILS(NOT_FOUND)},
		{ROOT, REOPEN(UINT64_MAX), FAILS(NOT_FOUND)}, {ALICE, REOPEN(1), REOPENED(1)});
}

SCENARIO(a_deleted_segment_is_reopened_while_somebody_holds_it)
{
	PLAY({ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)}, {ALICE, REOPEN(1), REOPENED(1)}, {BOB, REOPEN(1), REOPENED(1)},
		{BOB, CLOSE(0)}, {ALICE, REOPEN(1), FAILS(NOT_FOUND)},
		{BOB, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(a_number_is_never_given_to_another)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0)},
		{ALICE, DELETE("/a"), DONE}, {ALICE, CREATE("/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, REOPEN(1), FAILS(NOT_FOUND)}, {ALICE, REOPEN(2), REOPENED(2)});
}

/* Also after rights have changed and the name has gone: the client has it open. */
SCENARIO(by_its_handle_a_client_gets_the_descriptor_that_it_had)
{
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN_READONLY("/a", 0), OPENED(1, 1, 0, RO)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{BOB, REOPEN_HANDLE(0), REOPENED_AS(1, RO)},
		{BOB, REOPEN_HANDLE(1), REOPENED_AS(1, RW)}, {ALICE, SET_RIGHTS("/a", 0), DONE},
		{ALICE, DELETE("/a"), DONE}, {BOB, REOPEN_HANDLE(1), REOPENED_AS(1, RW)},
		{BOB, CLOSE(1)}, {BOB, REOPEN_HANDLE(1), FAILS(NOT_FOUND)},
		{BOB, REOPEN_HANDLE(2), FAILS(NOT_FOUND)},
		{CAROL, REOPEN_HANDLE(0), FAILS(NOT_FOUND)},
		{ALICE, REOPEN_HANDLE(0), REOPENED_AS(1, RW)},
		{ALICE, REOPEN_HANDLE(UINT64_C(1) << 32), FAILS(NOT_FOUND)});
}

SCENARIO(anonymous_memory_is_reopened_by_its_handle)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)},
		{ALICE, REOPEN_HANDLE(0), REOPENED_AS(1, RW)},
		{ALICE, CREATE("/0", 1, 0), OPENED(2, 1, 1, 0)},
		{ALICE, REOPEN_HANDLE(1), FAILS(NOT_FOUND)});
}
