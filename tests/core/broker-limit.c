/* SPDX-License-Identifier: MIT */
/* What one client, and all of them, may have at most. */
#include "tests/core/broker-cases.h"
#include "tests/core/world.h"

SCENARIO(at_the_limit_of_segments_only_creating_fails)
{
	world->broker.limits.segments = 2;
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, CREATE("/b", 1, 0666), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/c", 1, 0666), FAILS(NO_RESOURCES)},
		{ROOT, CREATE("/c", 1, 0666), FAILS(NO_RESOURCES)},
		{ALICE, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN("/c", 1), FAILS(NOT_FOUND)}, {BOB, DELETE("/b"), DONE});
}

SCENARIO(a_deleted_segment_counts_until_its_last_holder_has_gone)
{
	world->broker.limits.segments = 1;
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CREATE("/a", 1, 0666), FAILS(NO_RESOURCES)}, {ALICE, CLOSE(0)},
		{ALICE, CREATE("/a", 1, 0666), FAILS(NO_RESOURCES)}, {BOB, LEAVES},
		{ALICE, CREATE("/a", 1, 0666), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_limit_of_no_segments_allows_none)
{
	world->broker.limits.segments = 0;
	PLAY({ROOT, CREATE("/a", 1, 0600), FAILS(NO_RESOURCES)});
	world->broker.limits.segments = 1;
	PLAY({ROOT, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

SCENARIO(at_the_limit_of_handles_only_opening_fails)
{
	world->peers[BOB].holder_limit = 2;
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)},
		{BOB, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)},
		{BOB, OPEN("/a", 0), FAILS(NO_RESOURCES)},
		{BOB, CREATE("/c", 1, 0666), FAILS(NO_RESOURCES)},
		{BOB, OPEN("/c", 0), FAILS(NOT_FOUND)}, {BOB, REOPEN(1), REOPENED(1)},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0666, 2)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)}, /* another's limit is another's */
		{BOB, CLOSE(0)}, {BOB, CREATE("/c", 1, 0666), OPENED(3, 1, 0, RW)},
		{BOB, OPEN("/a", 0), FAILS(NO_RESOURCES)});
}

SCENARIO(a_connection_may_not_exceed_its_limit_by_closing_and_opening)
{
	world->peers[ALICE].holder_limit = 9; /* one more than a table's first room */
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	for (uint32_t i = 1; i < 9; i++)
		PLAY({ALICE, OPEN("/a", 0), OPENED(1, 1, i, RW)});
	for (int round = 0; round < 3; round++) {
		PLAY({ALICE, OPEN("/a", 0), FAILS(NO_RESOURCES)}, {ALICE, CLOSE(4)},
			{ALICE, CLOSE(4)}, {ALICE, OPEN("/a", 0), OPENED(1, 1, 4, RW)},
			{ALICE, OPEN("/a", 0), FAILS(NO_RESOURCES)});
	}
}

void add_limit_case(Suite *suite)
{
	TCase *tcase = testing_case(suite, "limit", NULL, NULL);

	tcase_add_test(tcase, at_the_limit_of_segments_only_creating_fails);
	tcase_add_test(tcase, a_deleted_segment_counts_until_its_last_holder_has_gone);
	tcase_add_test(tcase, a_limit_of_no_segments_allows_none);
	tcase_add_test(tcase, at_the_limit_of_handles_only_opening_fails);
	tcase_add_test(tcase, a_connection_may_not_exceed_its_limit_by_closing_and_opening);
}
