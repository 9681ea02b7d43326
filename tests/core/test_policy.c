/* SPDX-License-Identifier: MIT */
/* The policy as a function, where no scenario of the broker gets to. */
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

FIXTURE(begin, end);

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

/* As getpwuid(3) would: some account databases allow a name that is a number. */
static const char *name_everyone_1000(uid_t uid)
{
	(void)uid;
	return "1000";
}

static bool may_create(uid_t uid, const char *name)
{
	const struct credentials who = {.uid = uid, .gid = 1};
	const struct name_rule *decider;

	policy_find(&policy, name, strlen(name), &decider);
	return policy_may_create(&policy, decider, &who, name, strlen(name));
}

TEST(a_user_whose_name_is_a_number_does_not_get_anothers_place)
{
	struct name_rule *rule = policy_add_rule(&policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup("/run/user/%u");
	policy.user_name = name_everyone_1000;
	ck_assert(may_create(2000, "/run/user/2000/x"));
	ck_assert(!may_create(2000, "/run/user/1000/x"));
}
