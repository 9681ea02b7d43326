/* SPDX-License-Identifier: MIT */
/* OPEN: who gets what, and in which order the broker complains. */
#include "tests/core/world.h"

SCENARIO(creating_makes_a_segment_that_others_open)
{
	PLAY({ALICE, CREATE("/a", 4096, 0666), OPENED(1, 4096, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)},
		{BOB, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, OPEN("/a", 4096), OPENED(1, 4096, 1, RW)},
		{ALICE, CREATE("/a", 1, 0), OPENED(1, 4096, 2, RW)},
		{ALICE, STAT("/a"), STATED(1, 4096, 1000, 1000, 0666, 4)});
}

SCENARIO(opening_what_does_not_exist_creates_only_if_asked)
{
	PLAY({ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)}, {ALICE, OPEN("/a", 4096), FAILS(NOT_FOUND)},
		{ALICE, OPEN_WITH("/a", 4096, WIRE_OPEN_EXCL, 0600), FAILS(NOT_FOUND)},
		{ROOT, OPEN("/a", UINT64_MAX), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/a", 4096, 0600), OPENED(1, 4096, 0, RW)},
		{BOB, OPEN("/b", 0), FAILS(NOT_FOUND)});
}

SCENARIO(excl_demands_that_the_name_is_new)
{
	PLAY({ALICE, CREATE_EXCL("/a", 4096, 0644), OPENED(1, 4096, 0, RW)},
		{ALICE, CREATE_EXCL("/a", 4096, 0644), FAILS(EXISTS)},
		{BOB, CREATE_EXCL("/a", 4096, 0644), FAILS(EXISTS)},
		{ALICE, CREATE_EXCL("/a", 4097, 0644), FAILS(EXISTS)}, /* before the size */
		{ALICE, CREATE_EXCL("/a", 0, 0644), FAILS(EXISTS)}, {ALICE, DELETE("/a"), DONE},
		{BOB, CREATE_EXCL("/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE_EXCL("/a", 1, 0600), FAILS(DENIED)}); /* after the rights */
}

SCENARIO(excl_without_create_and_unknown_flags_mean_nothing)
{
	PLAY({ALICE, OPEN_WITH("/a", 1, 0xffffff02, 0600), FAILS(NOT_FOUND)},
		{ALICE, OPEN_WITH("/a", 1, 0xffffff01, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN_WITH("/a", 1, WIRE_OPEN_EXCL, 0), OPENED(1, 1, 1, RW)},
		{ALICE, OPEN_WITH("/a", 0, 0xffffff00, 0), OPENED(1, 1, 2, RW)},
		{ALICE, OPEN_WITH("/a", 0, 0xffffff03, 0), FAILS(EXISTS)});
}

/* Where no descriptor comes, there is nothing to be told of. */
SCENARIO(the_inode_of_the_memory_is_told_to_who_asks)
{
	const uint32_t create = WIRE_OPEN_CREATE | WIRE_OPEN_INODE;

	PLAY({ALICE, OPEN_WITH("/a", 4096, create, 0602), OPENED(1, 4096, 0, RW)},
		{BOB, OPEN_WITH("/a", 0, WIRE_OPEN_INODE, 0), FAILS(DENIED)},
		{ALICE, OPEN_WITH("/a", 0, WIRE_OPEN_INODE, 0), OPENED(1, 4096, 1, RW)},
		{ALICE, OPEN_WITH("/a", 0, WIRE_OPEN_INODE | WIRE_OPEN_READONLY, 0),
			OPENED(1, 4096, 2, RO)},
		{ALICE, OPEN_WITH("/w", 1, create, 0202), OPENED(2, 1, 3, 0)});
}

SCENARIO(who_asks_to_read_only_gets_no_more)
{
	PLAY({ALICE, CREATE("/a", 1, 0606), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN_READONLY("/a", 1), OPENED(1, 1, 1, RO)},
		{ROOT, OPEN_READONLY("/a", 0), OPENED(1, 1, 0, RO)},
		{DAVE, OPEN_READONLY("/a", 0), OPENED(1, 1, 0, RO)},
		{DAVE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, OPEN_WITH("/b", 1, WIRE_OPEN_CREATE | WIRE_OPEN_READONLY, 0600),
			OPENED(2, 1, 2, RO)},
		{ALICE, OPEN("/b", 0), OPENED(2, 1, 3, RW)},
		{ALICE, CREATE("/w", 1, 0202), OPENED(3, 1, 4, 0)},
		{DAVE, OPEN_READONLY("/w", 0), FAILS(DENIED)});
}

SCENARIO(an_open_gets_what_the_rights_allow_and_nothing_less)
{
	PLAY({CAROL, CREATE("/g", 1, 0660), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/g", 0), OPENED(1, 1, 0, RW)}, /* by a supplementary group */
		{ALICE, OPEN("/g", 0), FAILS(DENIED)}, {ROOT, OPEN("/g", 0), OPENED(1, 1, 0, RW)},
		{CAROL, CREATE("/r", 1, 0640), OPENED(2, 1, 1, RW)},
		{BOB, OPEN("/r", 1), OPENED(2, 1, 1, RO)}, {DAVE, OPEN("/r", 0), FAILS(DENIED)},
		{ROOT, OPEN("/r", 0), OPENED(2, 1, 1, RW)},
		{CAROL, CREATE("/o", 1, 0604), OPENED(3, 1, 2, RW)},
		{BOB, OPEN("/o", 0), FAILS(DENIED)}, /* a member is not "other" */
		{DAVE, OPEN("/o", 0), OPENED(3, 1, 0, RO)},
		{ALICE, OPEN("/o", 0), OPENED(3, 1, 0, RO)});
}

SCENARIO(a_right_to_write_alone_is_none)
{
	PLAY({ALICE, CREATE("/w", 1, 0622), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/w", 0), FAILS(DENIED)},
		{ALICE, CREATE("/v", 1, 0266), OPENED(2, 1, 1, 0)},
		{ALICE, OPEN("/v", 0), FAILS(DENIED)}, {BOB, OPEN("/v", 0), OPENED(2, 1, 0, RW)});
}

SCENARIO(a_creator_gets_no_more_than_the_mode_it_chose)
{
	PLAY({ALICE, CREATE("/0", 1, 0), OPENED(1, 1, 0, 0)}, {ALICE, OPEN("/0", 0), FAILS(DENIED)},
		{ALICE, CREATE("/0", 1, 0666), FAILS(DENIED)},
		{ALICE_TOO, OPEN("/0", 0), FAILS(DENIED)},
		{ROOT, OPEN("/0", 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/4", 1, 0400), OPENED(2, 1, 1, RO)},
		{ALICE, OPEN("/4", 0), OPENED(2, 1, 2, RO)},
		{ROOT, CREATE("/root", 1, 0), OPENED(3, 1, 1, RW)},
		{ROOT, OPEN("/root", 0), OPENED(3, 1, 2, RW)},
		{ALICE, OPEN("/root", 0), FAILS(DENIED)});
}

SCENARIO(a_mode_keeps_its_permission_bits_only)
{
	PLAY({ALICE, CREATE("/a", 1, 07777), OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0777, 1)},
		{ALICE, CREATE("/b", 1, 0xffffffff), OPENED(2, 1, 1, RW)},
		{ALICE, STAT("/b"), STATED(2, 1, 1000, 1000, 0777, 1)},
		{ALICE, CREATE("/c", 1, 0xfffffe00), OPENED(3, 1, 2, 0)},
		{ALICE, STAT("/c"), STATED(3, 1, 1000, 1000, 0, 1)});
}

/* Rights, then EXCL, then the size, then the limits. */
SCENARIO(complaints_come_in_the_order_of_nspr)
{
	given_limit(world, BOB, RESOURCE_HANDLES, 0);
	PLAY({ALICE, CREATE("/a", 4096, 0640), OPENED(1, 4096, 0, RW)},
		{BOB, CREATE_EXCL("/a", 8192, 0), FAILS(DENIED)},
		{ALICE, CREATE("/b", 4096, 0644), OPENED(2, 4096, 1, RW)},
		{BOB, CREATE_EXCL("/b", 8192, 0), FAILS(EXISTS)},
		{BOB, CREATE("/b", 8192, 0), FAILS(BAD_SIZE)},
		{BOB, OPEN("/b", 8192), FAILS(BAD_SIZE)},
		{BOB, OPEN("/b", 4096), FAILS(NO_RESOURCES)},
		{BOB, CREATE("/c", 0, 0600), FAILS(BAD_SIZE)},
		{BOB, CREATE("/c", UINT64_MAX, 0600), FAILS(TOO_BIG)},
		{BOB, CREATE("/c", 1, 0600), FAILS(NO_RESOURCES)});
}
