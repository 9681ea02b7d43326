/* SPDX-License-Identifier: MIT */
/* Charges: who may have how much, and that what is freed is refunded. */
#include <stdlib.h>

#include "daemon/core/charge.h"
#include "tests/lib/testing.h"

#define HOST       1000U
#define RESOURCE   RESOURCE_BYTES
#define OPERATIONS 20000
#define USERS      7
#define CHARGES    200

static struct accounts accounts;
static struct refusal why;

static void begin(void)
{
	uint64_t host[RESOURCE_COUNT];

	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		host[i] = HOST;
	accounts_init(&accounts, host);
}

static void end(void)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		ck_assert_uint_eq(accounts.used[i], 0);
		ck_assert_uint_eq(accounts.users[i], 0);
	}
	accounts_deinit(&accounts);
}

/* Charges that much, whose account stays as long as the charge does. */
static enum status charge(struct charge *out, uid_t uid, uint64_t amount)
{
	struct account *account = account_get(&accounts, uid);
	enum status status = charge_init(out, account, RESOURCE, amount, &why);

	account_unref(account);
	return status;
}

static void must_charge(struct charge *out, uid_t uid, uint64_t amount)
{
	ck_assert_int_eq(charge(out, uid, amount), STATUS_OK);
	ck_assert_uint_eq(out->amount, amount);
}

static void must_refuse(uid_t uid, uint64_t amount, enum refusal_kind kind, uint64_t limit)
{
	struct charge none = {0};

	why = (struct refusal){0};
	ck_assert_int_eq(charge(&none, uid, amount), STATUS_NO_RESOURCES);
	ck_assert_ptr_null(none.account);
	ck_assert_int_eq(why.kind, kind);
	ck_assert_uint_eq(why.limit, limit);
	ck_assert_uint_eq(why.uid, uid);
	ck_assert_int_eq(why.resource, RESOURCE);
}

FIXTURE(begin, end);

TEST(while_anything_is_left_a_newcomer_gets_one)
{
	struct charge charges[HOST] = {0};

	for (uid_t uid = 1; uid <= HOST; uid++)
		must_charge(&charges[uid - 1], uid, 1);
	must_refuse(HOST + 1, 1, REFUSED_HOST, HOST);
	for (size_t i = 0; i < HOST; i++)
		charge_deinit(&charges[i]);
}

/*
 * Each takes all it can before the next one comes, of about what 20,000 descriptors are shared as.
 */
TEST(after_two_hundred_greedy_users_a_newcomer_gets_something)
{
	enum { CROWD = 200 };
	struct charge charges[CROWD + 1] = {0};
	struct charge nothing = {0};

	accounts.host[RESOURCE] = 2492;
	for (uid_t uid = 1; uid <= CROWD + 1; uid++) {
		const uint64_t left = 2492 - accounts.used[RESOURCE];

		ck_assert_int_eq(charge(&nothing, uid, left), STATUS_NO_RESOURCES);
		ck_assert_int_eq(why.kind, REFUSED_SHARE);
		ck_assert_uint_gt(why.limit, 0);
		must_charge(&charges[uid - 1], uid, why.limit);
		ck_assert_int_eq(charge(&nothing, uid, 2), STATUS_NO_RESOURCES);
	}
	for (size_t i = 0; i <= CROWD; i++)
		charge_deinit(&charges[i]);
}

TEST(a_host_that_shrinks_below_what_is_used_refuses_and_refunds)
{
	struct charge used = {0};
	struct charge nothing = {0};

	must_charge(&used, 1, 400);
	accounts.host[RESOURCE] = 100;
	must_refuse(1, 1, REFUSED_HOST, 100);
	must_refuse(2, 1, REFUSED_HOST, 100);
	must_charge(&nothing, 2, 0);
	charge_deinit(&nothing);
	charge_deinit(&used);
	must_charge(&used, 1, 44); /* (100 - 12) / 2 */
	charge_deinit(&used);
}

TEST(a_refusal_is_news_once_a_user_and_minute_even_if_the_user_leaves)
{
	ck_assert(accounts_note_refusal(&accounts, 1, 100));
	ck_assert(!accounts_note_refusal(&accounts, 1, 100));
	ck_assert(accounts_note_refusal(&accounts, 2, 100));
	ck_assert(!accounts_note_refusal(&accounts, 1, 100));
	ck_assert(accounts_note_refusal(&accounts, 1, 101));
	ck_assert(!accounts_note_refusal(&accounts, 1, 101));
	ck_assert(accounts_note_refusal(&accounts, 2, 101));
}

/* All that must hold whatever was charged and refunded. */
static void check_sums(const struct charge *charges)
{
	uint64_t of_user[USERS] = {0};
	uint64_t total = 0;
	uint32_t users = 0;

	for (size_t i = 0; i < CHARGES; i++) {
		if (charges[i].account)
			of_user[charges[i].account->uid] += charges[i].amount;
	}
	for (uid_t uid = 0; uid < USERS; uid++) {
		struct account *account = account_get(&accounts, uid);

		ck_assert_uint_eq(account->used[RESOURCE], of_user[uid]);
		account_unref(account);
		total += of_user[uid];
		users += of_user[uid] > 0;
	}
	ck_assert_uint_eq(accounts.used[RESOURCE], total);
	ck_assert_uint_eq(accounts.users[RESOURCE], users);
	ck_assert_uint_le(total, HOST);
}

TEST_LOOP(whatever_is_charged_the_sums_agree_and_stay_below_the_host, 4)
{
	struct charge charges[CHARGES] = {0};
	unsigned int seed = (unsigned int)_i + 1;
	unsigned int refused = 0;

	for (int i = 0; i < OPERATIONS; i++) {
		struct charge *at = &charges[rand_r(&seed) % CHARGES];
		uid_t uid = (uid_t)rand_r(&seed) % USERS;

		if (at->account)
			charge_deinit(at);
		else if (charge(at, uid, (uint64_t)(rand_r(&seed) % 60)) != STATUS_OK)
			refused++;
		if (i % 64 == 0)
			check_sums(charges);
	}
	ck_assert_uint_gt(refused, OPERATIONS / 100);
	for (size_t i = 0; i < CHARGES; i++)
		charge_deinit(&charges[i]);
	check_sums(charges);
}
