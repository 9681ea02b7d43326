/* SPDX-License-Identifier: MIT */
/* Sizes: what may be created, and how much of what exists may be asked for. */
#include <unistd.h>

#include "tests/core/world.h"

#define LIMIT (UINT64_C(1) << 20) /* of one segment, in this world */

SCENARIO(a_segment_has_1_to_limit_bytes)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	PLAY({ALICE, CREATE("/a", 0, 0600), FAILS(BAD_SIZE)},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/b", page - 1, 0600), OPENED(2, page - 1, 1, RW)},
		{ALICE, CREATE("/c", page, 0600), OPENED(3, page, 2, RW)},
		{ALICE, CREATE("/d", page + 1, 0600), OPENED(4, page + 1, 3, RW)},
		{ALICE, CREATE("/e", LIMIT - 1, 0600), OPENED(5, LIMIT - 1, 4, RW)},
		{ALICE, CREATE("/f", LIMIT, 0600), OPENED(6, LIMIT, 5, RW)},
		{ALICE, CREATE("/g", LIMIT + 1, 0600), FAILS(TOO_BIG)},
		{ALICE, CREATE("/g", UINT64_C(1) << 62, 0600), FAILS(TOO_BIG)},
		{ALICE, CREATE("/g", UINT64_C(1) << 63, 0600), FAILS(TOO_BIG)},
		{ALICE, CREATE("/g", UINT64_MAX, 0600), FAILS(TOO_BIG)},
		{ALICE, OPEN("/g", 0), FAILS(NOT_FOUND)});
}

SCENARIO(root_is_under_the_same_limit)
{
	PLAY({ROOT, CREATE("/a", LIMIT + 1, 0600), FAILS(TOO_BIG)},
		{ROOT, CREATE("/a", 0, 0600), FAILS(BAD_SIZE)},
		{ROOT, CREATE("/a", LIMIT, 0600), OPENED(1, LIMIT, 0, RW)});
}

/* off_t is signed: what does not fit must not come out as a small or negative size. */
SCENARIO(without_a_limit_the_kernels_holds)
{
	world->broker.policy.segment_bytes = UINT64_MAX;
	PLAY({ALICE, CREATE("/a", UINT64_C(1) << 62, 0600), OPENED(1, UINT64_C(1) << 62, 0, RW)},
		{ALICE, CREATE("/b", UINT64_C(1) << 63, 0600), FAILS(TOO_BIG)},
		{ALICE, CREATE("/b", UINT64_MAX, 0600), FAILS(TOO_BIG)},
		{ALICE, STAT("/a"), STATED(1, UINT64_C(1) << 62, 1000, 1000, 0600, 1)});
}

SCENARIO(an_open_may_ask_for_no_more_than_there_is)
{
	PLAY({ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 4097, 1, RW)},
		{ALICE, OPEN("/a", 1), OPENED(1, 4097, 2, RW)},
		{ALICE, OPEN("/a", 4096), OPENED(1, 4097, 3, RW)},
		{ALICE, OPEN("/a", 4097), OPENED(1, 4097, 4, RW)},
		{ALICE, OPEN("/a", 4098), FAILS(BAD_SIZE)}, /* though the page has room */
		{ALICE, OPEN("/a", 8192), FAILS(BAD_SIZE)},
		{ALICE, OPEN("/a", LIMIT + 1), FAILS(BAD_SIZE)},
		{ALICE, OPEN("/a", UINT64_C(1) << 62), FAILS(BAD_SIZE)},
		{ALICE, OPEN("/a", UINT64_MAX), FAILS(BAD_SIZE)});
}

SCENARIO(with_create_an_existing_segment_is_opened_the_same)
{
	PLAY({ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 0, RW)},
		{ALICE, CREATE("/a", 0, 0600), OPENED(1, 4097, 1, RW)},
		{ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 2, RW)},
		{ALICE, CREATE("/a", 4098, 0600), FAILS(BAD_SIZE)},
		{ALICE, CREATE("/a", UINT64_MAX, 0600), FAILS(BAD_SIZE)});
}
