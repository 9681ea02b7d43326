/* SPDX-License-Identifier: MIT */
/* Every rule of rights_of, one row each: who asks, whose it is, what may be done. */
#include "daemon/rights.h"
#include "tests/testing.h"

#define NONE        0U
#define R           RIGHT_READ
#define RW          (RIGHT_READ | RIGHT_WRITE)
#define D           RIGHT_DELETE
#define ALL         (R | RIGHT_WRITE | D)
#define OVERFLOW_ID 65534 /* what the kernel shows for an id it cannot map: user_namespaces(7) */

struct row {
	const char *rule;
	struct credentials who;
	struct rights rights;
	unsigned int expected;
};

static gid_t two_groups[] = {50, 2000};
static gid_t no_groups[] = {0}; /* none of it counted */

/* Of uid and gid; the rest follows. */
#define WHO(uid_, gid_)                                                                            \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_)                                                       \
	}
#define WHO_IN(uid_, gid_)                                                                         \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_), .groups = two_groups, .group_count = 2               \
	}
#define OF(uid_, gid_, mode_)                                                                      \
	{                                                                                          \
		.uid = (uid_), .gid = (gid_), .mode = (mode_)                                      \
	}

static const struct row rows[] = {
	{"root may all", WHO(0, 0), OF(1000, 1000, 0), ALL},
	{"root may all, in any group", WHO(0, 77), OF(1000, 1000, 0), ALL},
	{"group 0 is not root", WHO(1001, 0), OF(1000, 1000, 0), NONE},
	{"root's own is no exception", WHO(0, 0), OF(0, 0, 0), ALL},

	{"owner: 0", WHO(1000, 1000), OF(1000, 1000, 0000), D},
	{"owner: r", WHO(1000, 1000), OF(1000, 1000, 0400), R | D},
	{"owner: w alone is nothing", WHO(1000, 1000), OF(1000, 1000, 0200), D},
	{"owner: x means nothing", WHO(1000, 1000), OF(1000, 1000, 0100), D},
	{"owner: rw", WHO(1000, 1000), OF(1000, 1000, 0600), ALL},
	{"owner: rwx", WHO(1000, 1000), OF(1000, 1000, 0700), ALL},
	{"owner: rx", WHO(1000, 1000), OF(1000, 1000, 0500), R | D},
	{"an owner whom the mode denies is not in the group", WHO(1000, 1000), OF(1000, 1000, 0077),
		D},
	{"an owner is the owner in any group", WHO(1000, 5), OF(1000, 1000, 0600), ALL},
	{"an owner in the segment's group only by supplement", WHO_IN(1000, 5),
		OF(1000, 2000, 0070), D},

	{"group: 0", WHO(1001, 2000), OF(1000, 2000, 0000), NONE},
	{"group: r", WHO(1001, 2000), OF(1000, 2000, 0040), R},
	{"group: w alone is nothing", WHO(1001, 2000), OF(1000, 2000, 0020), NONE},
	{"group: x means nothing", WHO(1001, 2000), OF(1000, 2000, 0010), NONE},
	{"group: rw", WHO(1001, 2000), OF(1000, 2000, 0060), RW},
	{"a member whom the mode denies is not other", WHO(1001, 2000), OF(1000, 2000, 0707), NONE},
	{"a supplementary group counts", WHO_IN(1001, 1001), OF(1000, 2000, 0060), RW},
	{"the first of several counts too", WHO_IN(1001, 1001), OF(1000, 50, 0040), R},
	{"a supplementary member is not other", WHO_IN(1001, 1001), OF(1000, 2000, 0707), NONE},
	{"the primary group counts beside others", WHO_IN(1001, 1001), OF(1000, 1001, 0060), RW},
	{"the owner's primary group gives nobody anything", WHO(1001, 1001), OF(1000, 1000, 0060),
		NONE},
	{"a group beyond the count does not count", {.uid = 1001, .gid = 1001, .groups = no_groups},
		OF(1000, 0, 0060), NONE},

	{"other: 0", WHO(1001, 1001), OF(1000, 1000, 0000), NONE},
	{"other: r", WHO(1001, 1001), OF(1000, 1000, 0004), R},
	{"other: w alone is nothing", WHO(1001, 1001), OF(1000, 1000, 0002), NONE},
	{"other: x means nothing", WHO(1001, 1001), OF(1000, 1000, 0001), NONE},
	{"other: rw", WHO(1001, 1001), OF(1000, 1000, 0006), RW},
	{"other gets nothing of owner and group", WHO(1001, 1001), OF(1000, 1000, 0770), NONE},
	{"other, though in other groups", WHO_IN(1001, 1001), OF(1000, 1000, 0664), R},
	{"other does not delete, whatever the mode", WHO(1001, 1001), OF(1000, 1000, 0777), RW},
	{"a member does not delete, whatever the mode", WHO(1001, 2000), OF(1000, 2000, 0777), RW},

	{"an id that cannot be mapped is like any other", WHO(OVERFLOW_ID, OVERFLOW_ID),
		OF(1000, 1000, 0664), R},
	{"the largest ids are ids", WHO((uid_t)-2, (gid_t)-2), OF((uid_t)-2, (gid_t)-2, 0600), ALL},
};

#define ROW_COUNT ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(rights_follow_from_who_asks_and_whose_it_is)
{
	const struct row *row = &rows[_i];
	unsigned int got = rights_of(&row->who, &row->rights);

	ck_assert_msg(got == row->expected, "%s: rights 0x%x instead of 0x%x", row->rule, got,
		row->expected);
}
END_TEST

/* Whatever a mode says: nobody writes who cannot read, and only an owner or root deletes. */
START_TEST(no_mode_gives_writing_without_reading)
{
	for (mode_t mode = 0; mode <= 07777; mode++) {
		for (uid_t uid = 0; uid < 3; uid++) {
			const struct credentials who = {.uid = uid, .gid = uid};
			const struct rights rights = {.uid = 1, .gid = 2, .mode = mode};
			unsigned int may = rights_of(&who, &rights);

			ck_assert(!(may & RIGHT_WRITE) || (may & RIGHT_READ));
			ck_assert_uint_eq((may & RIGHT_DELETE) != 0, uid < 2);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rights");
	TCase *tcase = testing_case(suite, "rights", NULL, NULL);

	tcase_add_loop_test(tcase, rights_follow_from_who_asks_and_whose_it_is, 0, ROW_COUNT);
	tcase_add_test(tcase, no_mode_gives_writing_without_reading);
	return testing_run(suite);
}
