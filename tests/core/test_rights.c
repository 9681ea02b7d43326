/* SPDX-License-Identifier: MIT */
/* Rights: every numbered rule of prshm(7), and what holds for all modes and entries. */
#include "daemon/core/rights.h"

#include <string.h>

#include "tests/lib/testing.h"

#define NONE 0U
#define R    ((unsigned int)WIRE_READ)
#define W    ((unsigned int)WIRE_WRITE)
#define D    ((unsigned int)WIRE_DELETE)
#define M    ((unsigned int)WIRE_MANAGE)
#define RW   (R | W)
#define DM   (D | M)
#define ALL  (RW | DM)

#define OWNER  1000U
#define GROUP  2000U
#define NOBODY UINT32_MAX

struct who {
	uid_t uid;
	gid_t gid;
	gid_t groups[2]; /* 0: none */
	bool unmapped;
};

struct row {
	const char *rule;
	struct who who;
	mode_t mode;
	struct wire_entry entries[3]; /* kind 0: none */
	unsigned int may;
	enum rights_rule by;
};

#define WHO(uid_, gid_)                                                                            \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_)                                                       \
	}
#define IN(uid_, gid_, one, two)                                                                   \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_), .groups = { one, two }                               \
	}
#define UNMAPPED(uid_, gid_)                                                                       \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_), .unmapped = true                                     \
	}
#define USER(id_, rights_)                                                                         \
	{                                                                                          \
		.id = (id_), .kind = WIRE_ENTRY_USER, .rights = (uint16_t)(rights_)                \
	}
#define MEMBERS(id_, rights_)                                                                      \
	{                                                                                          \
		.id = (id_), .kind = WIRE_ENTRY_GROUP, .rights = (uint16_t)(rights_)               \
	}

/* All of a segment of OWNER and GROUP. */
static const struct row rows[] = {
	{"1: root may all, whatever the mode", WHO(0, 0), 0, {}, ALL, RIGHTS_ROOT},
	{"1: an entry takes nothing from root", WHO(0, 0), 0, {USER(0, 0)}, ALL, RIGHTS_ROOT},
	{"1: the group 0 is not root", WHO(5, 0), 0770, {}, NONE, RIGHTS_OTHER},
	{"1: who has no number here is not root", UNMAPPED(0, 0), 0, {}, NONE, RIGHTS_OTHER},
	{"2: the owner has the owner's bits", WHO(OWNER, 7), 0600, {}, ALL, RIGHTS_OWNER},
	{"2: the owner deletes and manages what it cannot read", WHO(OWNER, 7), 0, {}, DM,
		RIGHTS_OWNER},
	{"2: an owner whom the mode denies is not \"group\" too", WHO(OWNER, GROUP), 0077, {}, DM,
		RIGHTS_OWNER},
	{"2: nor does an entry help the owner", WHO(OWNER, 7), 0400, {USER(OWNER, RW)}, R | DM,
		RIGHTS_OWNER},
	{"2: x means nothing", WHO(OWNER, 7), 0100, {}, DM, RIGHTS_OWNER},
	{"3: the entry for the user", WHO(5, 7), 0, {USER(5, RW)}, RW, RIGHTS_USER_ENTRY},
	{"3: with delete and manage alone", WHO(5, 7), 0777, {USER(5, DM)}, DM, RIGHTS_USER_ENTRY},
	{"3: an empty entry denies what others may", WHO(5, GROUP), 0777, {USER(5, 0)}, NONE,
		RIGHTS_USER_ENTRY},
	{"3: it comes before an entry for a group", WHO(5, 7), 0, {MEMBERS(7, ALL), USER(5, R)}, R,
		RIGHTS_USER_ENTRY},
	{"3: an entry for a group of the user's number is none", WHO(5, 7), 0, {MEMBERS(5, RW)},
		NONE, RIGHTS_OTHER},
	{"4: the owning group", WHO(5, GROUP), 0060, {}, RW, RIGHTS_GROUPS},
	{"4: as a supplementary one", IN(5, 7, 8, GROUP), 0040, {}, R, RIGHTS_GROUPS},
	{"4: an entry for a group", WHO(5, 7), 0, {MEMBERS(7, R | D)}, R | D, RIGHTS_GROUPS},
	{"4: the groups together", IN(5, GROUP, 8, 9), 0040, {MEMBERS(8, W), MEMBERS(9, D)}, RW | D,
		RIGHTS_GROUPS},
	{"4: a member whom the group denies is not \"other\" too", WHO(5, GROUP), 0707, {}, NONE,
		RIGHTS_GROUPS},
	{"4: nor is one whom an entry denies", WHO(5, 7), 0707, {MEMBERS(7, 0)}, NONE,
		RIGHTS_GROUPS},
	{"4: an entry for a user of the group's number is none", WHO(5, 7), 0, {USER(7, RW)}, NONE,
		RIGHTS_OTHER},
	{"5: all others", WHO(5, 7), 0006, {}, RW, RIGHTS_OTHER},
	{"5: have nothing of owner and group", WHO(5, 7), 0770, {USER(6, ALL), MEMBERS(8, ALL)},
		NONE, RIGHTS_OTHER},
	{"5: nor what the entries give, without a number here", UNMAPPED(5, GROUP), 0064,
		{USER(5, ALL), MEMBERS(7, ALL)}, R, RIGHTS_OTHER},
	{"5: and are not the owner of that number", UNMAPPED(OWNER, GROUP), 0770, {}, NONE,
		RIGHTS_OTHER},
	{"write without read is nothing: owner", WHO(OWNER, 7), 0200, {}, DM, RIGHTS_OWNER},
	{"write without read is nothing: entry", WHO(5, 7), 0, {USER(5, W | D)}, D,
		RIGHTS_USER_ENTRY},
	{"write without read is nothing: group", WHO(5, GROUP), 0020, {}, NONE, RIGHTS_GROUPS},
	{"write without read is nothing: other", WHO(5, 7), 0002, {}, NONE, RIGHTS_OTHER},
};

static void check_row(const struct row *row)
{
	struct wire_entry entries[3];
	gid_t groups[2];
	struct credentials who = {
		.uid = row->who.uid,
		.gid = row->who.gid,
		.unmapped = row->who.unmapped,
		.groups = groups,
	};
	struct rights rights = {OWNER, GROUP, row->mode, entries, 0};
	enum rights_rule by;
	unsigned int may;

	memcpy(entries, row->entries, sizeof(entries));
	memcpy(groups, row->who.groups, sizeof(groups));
	while (who.group_count < 2 && groups[who.group_count] != 0)
		who.group_count++;
	while (rights.entry_count < 3 && entries[rights.entry_count].kind != 0)
		rights.entry_count++;
	may = rights_of(&who, &rights, &by);
	ck_assert_msg(may == row->may && by == row->by, "%s: 0x%x by rule %d", row->rule, may, by);
	ck_assert_uint_eq(rights_of(&who, &rights, NULL), may);
}

TEST_LOOP(every_rule_decides_as_it_is_written, (sizeof(rows) / sizeof(*rows)))
{
	check_row(&rows[_i]);
}

/* Two users in groups that the broker has no numbers for are not in the same one. */
TEST(groups_without_a_number_are_no_group)
{
	const struct credentials stranger = {.uid = 5, .gid = NOBODY};
	const struct rights rights = {OWNER, NOBODY, 0060, NULL, 0};
	enum rights_rule by;

	ck_assert_uint_eq(rights_of(&stranger, &rights, &by), NONE);
	ck_assert_int_eq(by, RIGHTS_OTHER);
}

enum { THE_OWNER = 1, NAMED, MEMBER, BOTH, STRANGER, PEOPLE };

static gid_t group_of_the_entry[] = {20};

/* Of a segment of THE_OWNER and group 10, with one entry for NAMED and one for group 20. */
static const struct credentials people[PEOPLE] = {
	[0] = {.uid = 0, .gid = 0},
	[THE_OWNER] = {.uid = THE_OWNER, .gid = 10},
	[NAMED] = {.uid = NAMED, .gid = 20},
	[MEMBER] = {.uid = MEMBER, .gid = 10},
	[BOTH] = {.uid = BOTH, .gid = 10, .groups = group_of_the_entry, .group_count = 1},
	[STRANGER] = {.uid = STRANGER, .gid = 30, .groups = group_of_the_entry}, /* none counted */
};

/* What anybody but root may have at most, by the bits that are about them. */
static unsigned int most(size_t who, mode_t mode, unsigned int user, unsigned int group)
{
	const mode_t bits = mode >> (who == THE_OWNER ? 6 : who == STRANGER ? 0 : 3);
	const unsigned int by_mode = (bits & 4 ? WIRE_READ : 0U) | (bits & 2 ? WIRE_WRITE : 0U);

	switch (who) {
	case 0:
		return ALL;
	case THE_OWNER:
		return by_mode | WIRE_DELETE | WIRE_MANAGE;
	case NAMED:
		return user;
	case BOTH:
		return by_mode | group;
	default:
		return by_mode;
	}
}

static void check(size_t who, mode_t mode, unsigned int user, unsigned int group)
{
	struct wire_entry entries[] = {
		{.id = 20, .kind = WIRE_ENTRY_GROUP, .rights = (uint16_t)group},
		{.id = NAMED, .kind = WIRE_ENTRY_USER, .rights = (uint16_t)user},
	};
	const struct rights rights = {THE_OWNER, 10, mode, entries, 2};
	const unsigned int bound = most(who, mode, user, group);
	unsigned int may = rights_of(&people[who], &rights, NULL);

	ck_assert_msg((may & ~bound) == 0, "uid %zu, mode %o: 0x%x", who, (unsigned int)mode, may);
	ck_assert(!(may & WIRE_WRITE) || (may & WIRE_READ));
	/* Nothing else is lost but writing, where it came without reading. */
	ck_assert_uint_eq(may, bound & WIRE_READ ? bound : bound & ~(unsigned int)WIRE_WRITE);
}

TEST_LOOP(everyone_gets_what_the_bits_about_them_give_and_never_writing_without_reading, PEOPLE)
{
	const size_t who = (size_t)_i;

	for (mode_t mode = 0; mode <= 0777; mode++) {
		for (unsigned int user = 0; user <= ALL; user++) {
			for (unsigned int group = 0; group <= ALL; group++)
				check(who, mode, user, group);
		}
	}
}
