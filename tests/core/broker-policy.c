/* SPDX-License-Identifier: MIT */
/* The name policy, as creators meet it; test_rule_search.c has which rule fits. */
#include <stdlib.h>

#include "tests/core/world.h"

/* A rule that names nobody yet, or this user. */
static struct name_rule *restricted_rule(struct world *world, const char *prefix, uint32_t uid)
{
	struct name_rule *rule = given_rule(world, prefix);

	rule->restricted = true;
	rule->users.ids = malloc(sizeof(uint32_t));
	ck_assert_ptr_nonnull(rule->users.ids);
	rule->users.ids[rule->users.count++] = uid;
	return rule;
}

static void add_entry(struct name_rule *rule, struct wire_entry entry)
{
	rule->entries = realloc(rule->entries, (rule->entry_count + 1) * sizeof(entry));
	ck_assert_ptr_nonnull(rule->entries);
	rule->entries[rule->entry_count++] = entry;
}

SCENARIO(whom_the_rule_does_not_name_may_open_but_not_create)
{
	restricted_rule(world, "/p", 1000);
	PLAY({BOB, CREATE("/p/a", 1, 0666), FAILS(REFUSED)},
		{BOB, CREATE("/p", 0, 0666), FAILS(REFUSED)}, /* before the size */
		{BOB, OPEN("/p/a", 0), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/p/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, CREATE("/p/a", 1, 0666), OPENED(1, 1, 0, RW)},
		{BOB, CREATE_EXCL("/p/a", 1, 0666), FAILS(EXISTS)},
		{ROOT, CREATE("/p/b", 1, 0600), OPENED(2, 1, 0, RW)},
		{BOB, CREATE("/pa", 1, 0600), OPENED(3, 1, 1, RW)}, {ALICE, DELETE("/p/a"), DONE},
		{BOB, CREATE("/p/a", 1, 0666), FAILS(REFUSED)});
}

/* Bob is in 2000 besides, Carol by her gid. */
SCENARIO(whose_group_the_rule_names_may_create)
{
	struct name_rule *rule = given_rule(world, "/p");

	rule->restricted = true;
	rule->groups.ids = malloc(sizeof(uint32_t));
	ck_assert_ptr_nonnull(rule->groups.ids);
	rule->groups.ids[0] = 2000;
	rule->groups.count = 1;
	PLAY({BOB, CREATE("/p/b", 1, 0600), OPENED(1, 1, 0, RW)},
		{CAROL, CREATE("/p/c", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/p/a", 1, 0600), FAILS(REFUSED)});
}

SCENARIO(who_has_no_number_here_creates_no_name)
{
	PLAY({NOBODY, CREATE("/a", 1, 0666), FAILS(REFUSED)},
		{ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)},
		{NOBODY, OPEN("/a", 0), OPENED(1, 1, 0, RO)},
		{NOBODY, DELETE("/a"), FAILS(DENIED)});
}

SCENARIO(below_a_stand_in_everyone_has_a_place)
{
	given_rule(world, "/u/%u");
	PLAY({ALICE, CREATE("/u/1000/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/u/1001/a", 1, 0600), FAILS(REFUSED)},
		{ALICE, CREATE("/u/10000", 1, 0600), FAILS(REFUSED)},
		{BOB, CREATE("/u/1001/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{BOB, CREATE("/u/1000/b", 1, 0600), FAILS(REFUSED)},
		{ROOT, CREATE("/u/1000/b", 1, 0600), OPENED(3, 1, 0, RW)},
		{ALICE, CREATE("/u", 1, 0600), OPENED(4, 1, 1, RW)});
}

/* Of the creator's own rights too: what it holds is what the rule leaves it. */
SCENARIO(the_rule_bounds_the_mode_from_the_first_descriptor_on)
{
	given_rule(world, "/p")->max_mode = 0440;
	PLAY({ALICE, CREATE("/p/a", 1, 0666), OPENED(1, 1, 0, RO)},
		{ALICE, STAT("/p/a"), STATED(1, 1, 1000, 1000, 0440, 1)},
		{ROOT, CREATE("/p/b", 1, 0666),
			OPENED(2, 1, 0, RW)}, /* root's rights, not the mode's */
		{ROOT, STAT("/p/b"), STATED(2, 1, 0, 0, 0440, 1)});
}

SCENARIO(a_forced_owner_has_the_rights_and_the_creator_pays)
{
	struct name_rule *rule = given_rule(world, "/p");

	rule->owner = 1002;
	rule->group = 1003;
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 1);
	PLAY({ALICE, CREATE("/p/a", 1, 0664), OPENED(1, 1, 0, RO)}, /* hers by "other" */
		{CAROL, STAT("/p/a"), STATED(1, 1, 1002, 1003, 0664, 1)},
		{DAVE, OPEN("/p/a", 0), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/p/b", 1, 0660), LIMITED(SEGMENTS, USER)},
		{ALICE, DELETE("/p/a"), FAILS(DENIED)}, {CAROL, DELETE("/p/a"), DONE},
		{DAVE, CLOSE(0)}, {ALICE, CLOSE(0)},
		{ALICE, CREATE("/p/b", 1, 0660), OPENED(2, 1, 0, 0)});
}

/* Else the creator would keep by an entry what the rule has given to another. */
SCENARIO(under_a_forced_owner_the_creators_entries_are_for_use_only)
{
	given_rule(world, "/p")->owner = 1002;
	PLAY({ALICE, CREATE("/p/a", 1, 0600),
		     ENTRIES(USER(1000, RW | WIRE_MANAGE), MEMBERS(1003, RO | WIRE_DELETE)),
		     OPENED(1, 1, 0, RW)},
		{ALICE, SET_RIGHTS("/p/a", 0666), FAILS(DENIED)},
		{DAVE, DELETE("/p/a"), FAILS(DENIED)},
		{CAROL, STAT("/p/a"), ENTRIES(USER(1000, RW), MEMBERS(1003, RO)),
			STATED(1, 1, 1002, 1000, 0600, 1)});
}

SCENARIO(the_rules_entries_come_after_the_creators)
{
	struct name_rule *rule = given_rule(world, "/p");

	add_entry(rule, (struct wire_entry)USER(1001, RW));
	add_entry(rule, (struct wire_entry)USER(1003, RO));
	PLAY({ALICE, CREATE("/p/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{BOB, OPEN("/p/a", 0), OPENED(1, 1, 0, RW)},
		{DAVE, STAT("/p/a"), ENTRIES(USER(1001, RW), USER(1003, RO)),
			STATED(1, 1, 1000, 1000, 0600, 2)},
		{ALICE, CREATE("/p/b", 1, 0600), ENTRIES(MEMBERS(2000, RO), USER(1001, 0)),
			OPENED(2, 1, 1, RW)},
		{BOB, OPEN("/p/b", 0), FAILS(DENIED)}, /* whom the creator names */
		{ALICE, STAT("/p/b"), ENTRIES(MEMBERS(2000, RO), USER(1001, 0), USER(1003, RO)),
			STATED(2, 1, 1000, 1000, 0600, 1)},
		{ALICE, SET_RIGHTS("/p/a", 0600), DONE}, /* they are a new segment's only */
		{BOB, OPEN("/p/a", 0), FAILS(DENIED)});
}

SCENARIO(more_entries_than_fit_with_the_rules_create_nothing)
{
	struct wire_entry many[WIRE_ENTRIES_MAX];

	add_entry(given_rule(world, "/p"), (struct wire_entry)USER(1003, RO));
	for (uint32_t i = 0; i < WIRE_ENTRIES_MAX; i++)
		many[i] = (struct wire_entry)USER(5000 + i, RW);
	PLAY({ALICE, CREATE("/p/a", 1, 0600), .entries = many, .entry_count = WIRE_ENTRIES_MAX,
		     FAILS(BAD_RIGHTS)},
		{ALICE, OPEN("/p/a", 0), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/p/a", 1, 0600), .entries = many,
			.entry_count = WIRE_ENTRIES_MAX - 1, OPENED(1, 1, 0, RW)},
		{DAVE, OPEN("/p/a", 0), OPENED(1, 1, 0, RO)});
}

SCENARIO(the_longest_rule_that_says_who_decides)
{
	restricted_rule(world, "/p", 1000);
	restricted_rule(world, "/p/q", 1001);
	given_rule(world, "/p/q/r"); /* says nothing of who may */
	policy_sort(&world->broker.policy);
	PLAY({ALICE, CREATE("/p/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/p/q/a", 1, 0600), FAILS(REFUSED)},
		{BOB, CREATE("/p/q/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, CREATE("/p/q/r/a", 1, 0600), FAILS(REFUSED)},
		{BOB, CREATE("/p/q/r/a", 1, 0600), OPENED(3, 1, 1, RW)},
		{BOB, CREATE("/p/b", 1, 0600), FAILS(REFUSED)});
}
