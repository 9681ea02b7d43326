/* SPDX-License-Identifier: MIT */
/* What the configuration makes of a new segment, and how much it lets each user have. */
#include <stdlib.h>
#include <string.h>

#include "daemon/core/policy.h"
#include "tests/lib/testing.h"

#define ALICE 1000U
#define BOB   1001U
#define STAFF 50U

static struct policy policy;

static void begin(void)
{
	policy_init(&policy);
}

static void end(void)
{
	policy_deinit(&policy);
}

static struct name_rule *add(const char *prefix)
{
	struct name_rule *rule = policy_add_rule(&policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup(prefix);
	rule->file = strdup("test");
	ck_assert(rule->prefix && rule->file);
	return rule;
}

/* Rights with one entry of the creator's, as rights_take leaves them: on the heap. */
static struct rights rights_with(mode_t mode, struct wire_entry entry)
{
	struct rights rights = {.uid = ALICE, .gid = 1, .mode = mode, .entry_count = 1};

	rights.entries = calloc(1, sizeof(entry));
	ck_assert_ptr_nonnull(rights.entries);
	rights.entries[0] = entry;
	return rights;
}

FIXTURE(begin, end);

TEST(a_rule_that_says_nothing_changes_nothing)
{
	const struct wire_entry entry = {BOB, WIRE_ENTRY_USER, WIRE_READ | WIRE_WRITE};
	struct rights rights = rights_with(0666, entry);
	uint32_t lifetime = WIRE_LIFETIME_UNTIL_UNUSED;
	uint32_t linger = 7;

	ck_assert_int_eq(policy_shape(add("/x"), &rights, &lifetime, &linger), STATUS_OK);
	ck_assert_uint_eq(rights.uid, ALICE);
	ck_assert_uint_eq(rights.gid, 1);
	ck_assert_uint_eq(rights.mode, 0666);
	ck_assert_uint_eq(rights.entry_count, 1);
	ck_assert_mem_eq(rights.entries, &entry, sizeof(entry));
	ck_assert_uint_eq(lifetime, WIRE_LIFETIME_UNTIL_UNUSED);
	ck_assert_uint_eq(linger, 7);
	rights_deinit(&rights);
}

static void set_entries(struct name_rule *rule, uint32_t count)
{
	rule->entries = calloc(count, sizeof(*rule->entries));
	ck_assert_ptr_nonnull(rule->entries);
	rule->entry_count = count;
	for (uint32_t i = 0; i < count; i++)
		rule->entries[i] = (struct wire_entry){
			BOB + i, WIRE_ENTRY_USER, WIRE_READ | WIRE_WRITE | WIRE_DELETE};
}

TEST(a_rule_forces_owner_group_lifetime_linger_mode_and_adds_entries)
{
	struct rights rights = rights_with(
		0777, (struct wire_entry){STAFF, WIRE_ENTRY_GROUP, WIRE_READ | WIRE_WRITE});
	struct name_rule *rule = add("/x");
	uint32_t lifetime = WIRE_LIFETIME_KEPT;
	uint32_t linger = 0;

	rule->owner = 7;
	rule->group = 8;
	rule->max_mode = 0640;
	rule->lifetime = WIRE_LIFETIME_UNTIL_UNUSED;
	rule->linger = 60;
	set_entries(rule, 1);
	ck_assert_int_eq(policy_shape(rule, &rights, &lifetime, &linger), STATUS_OK);
	ck_assert_uint_eq(rights.uid, 7);
	ck_assert_uint_eq(rights.gid, 8);
	ck_assert_uint_eq(rights.mode, 0640);
	ck_assert_uint_eq(rights.entry_count, 2);
	ck_assert_uint_eq(rights.entries[0].rights, WIRE_READ); /* max-mode is for the creator's */
	ck_assert_uint_eq(
		rights.entries[1].rights, WIRE_READ | WIRE_WRITE | WIRE_DELETE); /* and not ours */
	ck_assert_uint_eq(lifetime, WIRE_LIFETIME_UNTIL_UNUSED);
	ck_assert_uint_eq(linger, 60);
	rights_deinit(&rights);
}

TEST(whom_the_creator_names_the_rule_does_not_name_again)
{
	struct rights rights =
		rights_with(0600, (struct wire_entry){BOB, WIRE_ENTRY_USER, WIRE_READ});
	struct name_rule *rule = add("/x");
	uint32_t lifetime = WIRE_LIFETIME_KEPT;
	uint32_t linger = 0;

	set_entries(rule, 2);
	ck_assert_int_eq(policy_shape(rule, &rights, &lifetime, &linger), STATUS_OK);
	ck_assert_uint_eq(rights.entry_count, 2);
	ck_assert_uint_eq(rights.entries[0].rights, WIRE_READ);
	ck_assert_uint_eq(rights.entries[1].id, BOB + 1);
	rights_deinit(&rights);
}

TEST(more_entries_than_fit_with_the_rules_are_refused)
{
	struct rights rights =
		rights_with(0600, (struct wire_entry){STAFF, WIRE_ENTRY_GROUP, WIRE_READ});
	struct name_rule *rule = add("/x");
	uint32_t lifetime = WIRE_LIFETIME_KEPT;
	uint32_t linger = 0;

	set_entries(rule, WIRE_ENTRIES_MAX);
	ck_assert_int_eq(policy_shape(rule, &rights, &lifetime, &linger), STATUS_BAD_RIGHTS);
	rule->entry_count--;
	ck_assert_int_eq(policy_shape(rule, &rights, &lifetime, &linger), STATUS_OK);
	ck_assert_uint_eq(rights.entry_count, WIRE_ENTRIES_MAX);
	rights_deinit(&rights);
}

static void add_limit(bool is_group, uint32_t id, uint64_t segments)
{
	struct limit_rule *rule = policy_add_limit_rule(&policy);

	ck_assert_ptr_nonnull(rule);
	rule->is_group = is_group;
	rule->id = id;
	rule->limit[RESOURCE_SEGMENTS] = segments;
}

static uint64_t limit_of(uid_t uid, gid_t gid, gid_t supplementary)
{
	const struct credentials who = {
		.uid = uid, .gid = gid, .groups = &supplementary, .group_count = 1};
	struct account account = {0};

	policy_apply_limits(&policy, &who, &account);
	ck_assert_uint_eq(account.limit[RESOURCE_BYTES], LIMIT_SHARE);
	return account.limit[RESOURCE_SEGMENTS];
}

TEST(a_user_has_the_own_limit_else_the_largest_of_the_groups_else_the_default)
{
	add_limit(true, STAFF, 20);
	add_limit(true, 51, 30);
	add_limit(true, 52, LIMIT_SHARE);
	add_limit(true, 53, LIMIT_UNSET);
	add_limit(false, ALICE, 1);
	policy.user[RESOURCE_SEGMENTS] = 5;
	ck_assert_uint_eq(limit_of(BOB, 1, 2), 5);
	ck_assert_uint_eq(limit_of(BOB, STAFF, 2), 20);
	ck_assert_uint_eq(limit_of(BOB, STAFF, 51), 30);
	ck_assert_uint_eq(limit_of(BOB, 51, STAFF), 30);
	ck_assert_uint_eq(limit_of(BOB, 51, 52), LIMIT_SHARE);
	ck_assert_uint_eq(limit_of(BOB, 53, 1), 5);
	ck_assert_uint_eq(limit_of(ALICE, STAFF, 51), 1);
	ck_assert_uint_eq(limit_of(STAFF, 1, 2), 5);
}

TEST(another_connection_of_a_user_in_other_groups_takes_nothing_away)
{
	struct account account = {0};
	const struct credentials plain = {.uid = BOB, .gid = 1};
	const struct credentials member = {.uid = BOB, .gid = STAFF};

	add_limit(true, STAFF, 20);
	policy.user[RESOURCE_SEGMENTS] = 5;
	policy_apply_limits(&policy, &plain, &account);
	policy_raise_limits(&policy, &member, &account);
	ck_assert_uint_eq(account.limit[RESOURCE_SEGMENTS], 20);
	policy_raise_limits(&policy, &plain, &account);
	ck_assert_uint_eq(account.limit[RESOURCE_SEGMENTS], 20);
}
