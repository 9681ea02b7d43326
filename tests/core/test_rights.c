/* SPDX-License-Identifier: MIT */
/* What holds of rights_of for all modes and entries; tests/policy has its rules, one by one. */
#include "daemon/core/rights.h"
#include "tests/lib/testing.h"

#define ALL (WIRE_READ | WIRE_WRITE | WIRE_DELETE | WIRE_MANAGE)

enum { OWNER = 1, USER, MEMBER, BOTH, STRANGER, PEOPLE };

static gid_t group_of_the_entry[] = {20};

/* Of a segment of OWNER and group 10, with one entry for USER and one for group 20. */
static const struct credentials people[PEOPLE] = {
	[0] = {.uid = 0, .gid = 0},
	[OWNER] = {.uid = OWNER, .gid = 10},
	[USER] = {.uid = USER, .gid = 20},
	[MEMBER] = {.uid = MEMBER, .gid = 10},
	[BOTH] = {.uid = BOTH, .gid = 10, .groups = group_of_the_entry, .group_count = 1},
	[STRANGER] = {.uid = STRANGER, .gid = 30, .groups = group_of_the_entry}, /* none counted */
};

/* What anybody but root may have at most, by the bits that are about them. */
static unsigned int most(size_t who, mode_t mode, unsigned int user, unsigned int group)
{
	const mode_t bits = mode >> (who == OWNER ? 6 : who == STRANGER ? 0 : 3);
	const unsigned int by_mode = (bits & 4 ? WIRE_READ : 0U) | (bits & 2 ? WIRE_WRITE : 0U);

	switch (who) {
	case 0:
		return ALL;
	case OWNER:
		return by_mode | WIRE_DELETE | WIRE_MANAGE;
	case USER:
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
		{.id = USER, .kind = WIRE_ENTRY_USER, .rights = (uint16_t)user},
	};
	const struct rights rights = {OWNER, 10, mode, entries, 2};
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
