/* SPDX-License-Identifier: MIT */
/* Whom a charge counts against: a user, all subordinate uids included. */
#include "daemon/core/charge.h"
#include "daemon/core/policy.h"
#include "tests/lib/testing.h"

#define HOST     1000U
#define RESOURCE RESOURCE_SEGMENTS
#define ALICE    1000U
#define BOB      1001U
#define SUBUIDS  100000U
#define CHARGES  1200

static struct accounts accounts;
static struct principals principals;
static struct refusal why;
static struct charge charges[CHARGES];
static size_t charged;

static void begin(void)
{
	uint64_t host[RESOURCE_COUNT];

	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		host[i] = HOST;
	accounts_init(&accounts, host);
	ck_assert(principals_add(&principals, SUBUIDS, 65536, ALICE));
	accounts_set_principals(&accounts, &principals);
}

static void end(void)
{
	while (charged > 0)
		charge_deinit(&charges[--charged]);
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		ck_assert_uint_eq(accounts.used[i], 0);
		ck_assert_uint_eq(accounts.users[i], 0);
	}
	ck_assert_uint_eq(accounts.count, 0);
	accounts_deinit(&accounts);
	principals_deinit(&principals);
}

FIXTURE(begin, end);

static enum status take(uid_t uid)
{
	struct account *account = account_get(&accounts, uid);
	enum status status = charge_init(&charges[charged], account, RESOURCE, 1, &why);

	account_unref(account);
	charged += status == STATUS_OK;
	return status;
}

/* How many segments that uid gets until it is refused one. */
static size_t take_all(uid_t uid)
{
	size_t count = 0;

	while (take(uid) == STATUS_OK)
		count++;
	return count;
}

TEST(all_subordinate_uids_together_get_one_share)
{
	size_t crowd = 0;

	for (uid_t uid = SUBUIDS; uid < SUBUIDS + 2000; uid++)
		crowd += take_all(uid);
	ck_assert_uint_eq(crowd, (HOST - HOST / 8 + 1) / 2);
	ck_assert_uint_eq(take_all(ALICE), 0);
	ck_assert_uint_eq(accounts.users[RESOURCE], 1);
	ck_assert_uint_gt(take_all(BOB), 100);
	ck_assert_uint_eq(accounts.users[RESOURCE], 2);
}

TEST(a_refusal_names_the_uid_that_asked)
{
	take_all(ALICE);
	ck_assert_int_eq(take(SUBUIDS + 7), STATUS_NO_RESOURCES);
	ck_assert_uint_eq(why.uid, SUBUIDS + 7);
	ck_assert_int_eq(why.kind, REFUSED_SHARE);
}

TEST(a_range_of_root_pays_for_itself_and_is_bounded)
{
	ck_assert(principals_add(&principals, 300000, 10, 0));
	ck_assert_uint_eq(principals_find(&principals, 300009), PRINCIPAL_RANGE | 300000);
	take_all(300001);
	ck_assert_int_eq(take(300002), STATUS_NO_RESOURCES);
	ck_assert_int_eq(take(0), STATUS_OK);
}

TEST(the_first_range_that_covers_a_uid_counts)
{
	ck_assert(principals_add(&principals, SUBUIDS, 10, BOB));
	ck_assert_uint_eq(principals_find(&principals, SUBUIDS), ALICE);
	ck_assert_uint_eq(principals_find(&principals, SUBUIDS + 65536), SUBUIDS + 65536);
	ck_assert_uint_eq(principals_find(&principals, SUBUIDS - 1), SUBUIDS - 1);
}

TEST(an_owner_in_a_range_is_paid_for_by_that_ranges_owner)
{
	ck_assert(principals_add(&principals, 500000, 10, SUBUIDS + 3));
	ck_assert_uint_eq(principals_find(&principals, 500001), ALICE);
}

/* Any answer will do, as long as there is one. */
TEST(ranges_that_own_each_other_end)
{
	ck_assert(principals_add(&principals, 600000, 10, 700000));
	ck_assert(principals_add(&principals, 700000, 10, 600000));
	ck_assert_uint_ge(principals_find(&principals, 600000), 600000);
}

TEST(ranges_beyond_the_last_uid_and_empty_ones_are_left_out)
{
	const size_t count = principals.count;

	ck_assert(principals_add(&principals, UINT32_MAX - 1, 2, ALICE));
	ck_assert(principals_add(&principals, UINT32_MAX, 1, ALICE));
	ck_assert(principals_add(&principals, 5, 0, ALICE));
	ck_assert(principals_add(&principals, 5, UINT32_MAX, ALICE));
	ck_assert_uint_eq(principals.count, count);
	ck_assert(principals_add(&principals, UINT32_MAX - 1, 1, ALICE));
	ck_assert_uint_eq(principals_find(&principals, UINT32_MAX - 1), ALICE);
}

TEST(a_limit_of_a_subordinate_uid_binds_within_its_owners)
{
	struct account *account = account_get(&accounts, SUBUIDS);

	account->limit[RESOURCE] = 3;
	account->has_own[RESOURCE] = true;
	ck_assert_uint_eq(take_all(SUBUIDS), 3);
	ck_assert_int_eq(why.kind, REFUSED_USER);
	ck_assert_uint_gt(take_all(SUBUIDS + 1), 3);
	account_unref(account);
}

TEST(a_number_of_the_owner_bounds_all_its_uids)
{
	struct account *account = account_get(&accounts, ALICE);
	enum refusal_kind kind;

	account->limit[RESOURCE] = 5;
	account->has_own[RESOURCE] = true;
	ck_assert_uint_eq(take_all(SUBUIDS) + take_all(SUBUIDS + 1) + take_all(ALICE), 5);
	account_unref(account);
	account = account_get(&accounts, SUBUIDS + 1);
	ck_assert_uint_eq(account_limit(account, RESOURCE, &kind), 0);
	ck_assert_int_eq(kind, REFUSED_USER);
	account_unref(account);
}

TEST(other_ranges_move_what_is_there)
{
	struct principals none = {0};
	struct account *account;

	take(SUBUIDS);
	take(SUBUIDS + 1);
	take(ALICE);
	ck_assert_uint_eq(accounts.users[RESOURCE], 1);
	ck_assert(accounts_set_principals(&accounts, &none));
	ck_assert_uint_eq(accounts.users[RESOURCE], 3);
	ck_assert(accounts_set_principals(&accounts, &principals));
	ck_assert_uint_eq(accounts.users[RESOURCE], 1);
	account = account_get(&accounts, ALICE);
	ck_assert_uint_eq(account->total[RESOURCE], 3);
	ck_assert_uint_eq(account->used[RESOURCE], 1);
	account_unref(account);
}

/* The owner need not be connected, and the range's own uid may have the number of a rule. */
TEST(rules_of_the_owner_count_for_a_uid_that_connects_alone)
{
	struct policy policy;
	struct limit_rule *rule;
	struct account *account = account_get(&accounts, SUBUIDS);
	const struct credentials who = {.uid = SUBUIDS, .gid = SUBUIDS};

	policy_init(&policy);
	rule = policy_add_limit_rule(&policy);
	rule->id = ALICE;
	rule->limit[RESOURCE] = 2;
	policy_apply_limits(&policy, &who, account);
	ck_assert_uint_eq(take_all(SUBUIDS), 2);
	account_unref(account);
	policy_deinit(&policy);
}
