/* SPDX-License-Identifier: MIT */
/* Entries of an OPEN, and SET_RIGHTS: who gets in from then on. */
#include "tests/core/world.h"

#define D WIRE_DELETE
#define M WIRE_MANAGE

SCENARIO(entries_count_from_the_creation_on)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), ENTRIES(USER(1001, RO), MEMBERS(2000, RW)),
		     OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, /* his own entry comes first */
		{CAROL, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {DAVE, OPEN("/a", 0), FAILS(DENIED)},
		{BOB, STAT("/a"), ENTRIES(USER(1001, RO), MEMBERS(2000, RW)),
			STATED(1, 1, 1000, 1000, 0600, 3)},
		{BOB, REOPEN(1), REOPENED(1)}, {DAVE, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(of_what_exists_an_open_changes_no_entries)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/a", 1, 0666), ENTRIES(USER(1001, RW)), OPENED(1, 1, 1, RW)},
		{ALICE, CREATE("/a", 1, 0666), ENTRIES({.kind = 99}), OPENED(1, 1, 2, RW)},
		{BOB, OPEN("/a", 0), FAILS(DENIED)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 3)});
}

SCENARIO(entries_that_no_segment_can_have_create_none)
{
	struct wire_entry many[WIRE_ENTRIES_MAX + 1];

	for (uint32_t i = 0; i <= WIRE_ENTRIES_MAX; i++)
		many[i] = (struct wire_entry)USER(5000 + i, RW);
	PLAY({ALICE, CREATE("/a", 1, 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX + 1,
		     FAILS(BAD_RIGHTS)},
		{ALICE, CREATE("/a", 1, 0600), ENTRIES(USER(7, RW), USER(7, RO)),
			FAILS(BAD_RIGHTS)},
		{ALICE, CREATE("/a", 1, 0600), ENTRIES({.id = 7, .kind = 3, .rights = 1}),
			FAILS(BAD_RIGHTS)},
		{ALICE, CREATE("/a", 1, 0600), ENTRIES(USER(7, WIRE_CREATE)), FAILS(BAD_RIGHTS)},
		{ALICE, CREATE("/a", 1, 0600), ENTRIES(MEMBERS(UINT32_MAX, RO)), FAILS(BAD_RIGHTS)},
		{ALICE, OPEN("/a", 0), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/a", 1, 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
			OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/a"), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
			STATED(1, 1, 1000, 1000, 0600, 1)});
}

SCENARIO(who_is_named_may_delete_or_manage_without_reading)
{
	PLAY({ALICE, CREATE("/a", 1, 0666), ENTRIES(USER(1001, D), USER(1003, M)),
		     OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), FAILS(DENIED)}, {DAVE, OPEN("/a", 0), FAILS(DENIED)},
		{BOB, STAT("/a"), ENTRIES(USER(1001, D), USER(1003, M)),
			STATED(1, 1, 1000, 1000, 0666, 1)}, /* they may look, though */
		{BOB, SET_RIGHTS("/a", 0), FAILS(DENIED)}, {DAVE, DELETE("/a"), FAILS(DENIED)},
		{CAROL, DELETE("/a"), FAILS(NOT_OWNER)},
		{DAVE, SET_RIGHTS("/a", 0600), ENTRIES(USER(1003, RW | D)), DONE},
		{DAVE, SET_RIGHTS("/a", 0666), FAILS(DENIED)}, /* given away */
		{BOB, DELETE("/a"), FAILS(DENIED)}, {DAVE, DELETE("/a"), DONE});
}

SCENARIO(new_rights_count_for_the_next_open_and_take_nothing_back)
{
	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, SET_RIGHTS("/a", 0600), DONE},
		{BOB, OPEN("/a", 0), FAILS(DENIED)}, {BOB, REOPEN(1), FAILS(NOT_FOUND)},
		{ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 2)},
		{ALICE, SET_RIGHTS("/a", 0400), ENTRIES(USER(1001, RW)), DONE},
		{BOB, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RO)},
		{ALICE, SET_RIGHTS("/a", 0644), DONE}, /* all entries are new, or gone */
		{BOB, OPEN("/a", 0), OPENED(1, 1, 2, RO)},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0644, 5)});
}

SCENARIO(who_may_change_rights_is_owner_or_root)
{
	PLAY({ALICE, CREATE("/a", 1, 0), OPENED(1, 1, 0, 0)},
		{ALICE_TOO, SET_RIGHTS("/a", 0666), DONE},
		{BOB, SET_RIGHTS("/a", 0600), FAILS(DENIED)},
		{NOBODY, SET_RIGHTS("/a", 0600), FAILS(DENIED)},
		{ROOT, SET_RIGHTS("/a", 0604), DONE},
		{BOB, STAT("/a"), STATED(1, 1, 1000, 1000, 0604, 1)},
		{ALICE, SET_RIGHTS("/b", 0600), FAILS(NOT_FOUND)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, SET_RIGHTS("/a", 0600), FAILS(NOT_FOUND)});
}

SCENARIO(rights_that_are_refused_leave_the_old_ones)
{
	PLAY({ALICE, CREATE("/a", 1, 0640), ENTRIES(USER(1003, RO)), OPENED(1, 1, 0, RW)},
		{ALICE, SET_RIGHTS("/a", 01000), FAILS(BAD_RIGHTS)},
		{ALICE, SET_RIGHTS("/a", UINT32_MAX), ENTRIES(USER(1003, RW)), FAILS(BAD_RIGHTS)},
		{ALICE, SET_RIGHTS("/a", 0600), ENTRIES(USER(7, RO), USER(7, RO)),
			FAILS(BAD_RIGHTS)},
		{ALICE, STAT("/a"), ENTRIES(USER(1003, RO)), STATED(1, 1, 1000, 1000, 0640, 1)},
		{DAVE, OPEN("/a", 0), OPENED(1, 1, 0, RO)});
}

/* Entries are bounded as a group is, since the mode of the rule has no bits for them. */
SCENARIO(the_rule_of_the_name_bounds_new_rights)
{
	given_rule(world, "/p")->max_mode = 0640;
	PLAY({ALICE, CREATE("/p/a", 1, 0666), ENTRIES(USER(1003, RW | D)), OPENED(1, 1, 0, RW)},
		{ALICE, STAT("/p/a"), ENTRIES(USER(1003, RO | D)),
			STATED(1, 1, 1000, 1000, 0640, 1)},
		{ALICE, SET_RIGHTS("/p/a", 0777), ENTRIES(USER(1003, RW)), DONE},
		{ALICE, STAT("/p/a"), ENTRIES(USER(1003, RO)), STATED(1, 1, 1000, 1000, 0640, 1)},
		{DAVE, OPEN("/p/a", 0), OPENED(1, 1, 0, RO)},
		{ROOT, SET_RIGHTS("/p/a", 0666), ENTRIES(USER(1003, RW)), DONE},
		{DAVE, OPEN("/p/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, CREATE("/pa", 1, 0666), OPENED(2, 1, 1, RW)}, /* beside the prefix */
		{ALICE, STAT("/pa"), STATED(2, 1, 1000, 1000, 0666, 1)});
}
