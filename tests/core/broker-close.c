/* SPDX-License-Identifier: MIT */
/* CLOSE and handles: they are a connection's own, and may be wrong. */
#include "tests/core/world.h"

SCENARIO(closing_what_is_not_open_does_nothing)
{
	PLAY({ALICE, CLOSE(0)}, {ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CLOSE(1)}, {ALICE, CLOSE(7)}, {ALICE, CLOSE(8)}, {ALICE, CLOSE(1000000)},
		{ALICE, CLOSE(UINT32_MAX)}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)},
		{ALICE, CLOSE(0)}, {ALICE, CLOSE(0)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 0)});
}

SCENARIO(nobody_closes_anothers_handle)
{
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {BOB, CLOSE(1)}, {ALICE_TOO, CLOSE(0)},
		{ROOT, CLOSE(0)}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 3)},
		{BOB, CLOSE(0)}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 2)});
}

SCENARIO(a_closed_handle_is_given_out_again)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 2, RW)}, {ALICE, CLOSE(1)}, {ALICE, CLOSE(0)},
		{ALICE, OPEN("/b", 0), OPENED(2, 1, 0, RW)}, /* the last one closed is the first */
		{ALICE, OPEN("/b", 0), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN("/b", 0), OPENED(2, 1, 3, RW)}, {ALICE, CLOSE(0)},
		{ALICE, STAT("/b"), STATED(2, 1, 1000, 1000, 0600, 2)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)});
}

SCENARIO(a_refused_open_takes_no_handle)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 2), FAILS(BAD_SIZE)},
		{ALICE, OPEN("/none", 0), FAILS(NOT_FOUND)},
		{ALICE, CREATE_EXCL("/a", 1, 0), FAILS(EXISTS)},
		{ALICE, CREATE("/b", UINT64_MAX, 0), FAILS(TOO_BIG)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)});
}

SCENARIO(a_new_connection_begins_without_handles)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, {ALICE, LEAVES}, {ALICE, CLOSE(1)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)}, {DAVE, LEAVES},
		{DAVE, LEAVES});
}

SCENARIO(one_connection_holds_one_segment_many_times)
{
	const uint32_t count = 40; /* a handle table grows at 8, 16 and 32 */

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	for (uint32_t i = 1; i < count; i++)
		PLAY({ALICE, OPEN("/a", 0), OPENED(1, 1, i, RW)});
	PLAY({ALICE, DELETE("/a"), DONE});
	for (uint32_t i = 0; i < count; i++)
		PLAY({ALICE, REOPEN(1), REOPENED(1)}, {ALICE, CLOSE((i * 7) % count)});
	PLAY({ALICE, REOPEN(1), FAILS(NOT_FOUND)});
}
