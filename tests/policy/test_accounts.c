/* SPDX-License-Identifier: MIT */
/* Charges: who may have how much, and that what is freed is refunded. */
#include <stdlib.h>

#include "daemon/core/account.h"
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

TEST(each_user_may_have_what_is_left_divided_by_one_more_than_there_are)
{
	struct charge first = {0};
	struct charge second = {0};
	struct charge third = {0};

	/* An eighth, 125, is set aside; all is rounded up. */
	must_refuse(1, 439, REFUSED_SHARE, 438); /* 875 / 2 */
	must_charge(&first, 1, 438);
	must_refuse(1, 1, REFUSED_SHARE, 438); /* (562 left + 438 own - 125) / 2 */
	must_charge(&second, 2, 146);          /* (562 - 125) / 3 */
	must_refuse(2, 1, REFUSED_SHARE, 146); /* (416 + 146 - 125) / 3 */
	must_refuse(3, 74, REFUSED_SHARE, 73); /* (416 - 125) / 4 */
	must_charge(&third, 3, 73);
	charge_deinit(&second);
	must_charge(&second, 3, 73); /* (489 left + 73 own - 125) / 3 = 146 */
	must_refuse(3, 1, REFUSED_SHARE, 146);
	charge_deinit(&first);
	charge_deinit(&second);
	charge_deinit(&third);
}

TEST(while_anything_is_left_a_newcomer_gets_one)
{
	struct charge charges[HOST] = {0};

	for (uid_t uid = 1; uid <= HOST; uid++)
		must_charge(&charges[uid - 1], uid, 1);
	must_refuse(HOST + 1, 1, REFUSED_HOST, HOST);
	for (size_t i = 0; i < HOST; i++)
		charge_deinit(&charges[i]);
}

/* Each takes all it can before the next one comes, of about what 20,000 descriptors are shared as. */
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

TEST(root_takes_without_sharing_but_not_more_than_there_is)
{
	struct charge root = {0};

	must_charge(&root, 0, HOST - 1);
	must_refuse(0, 2, REFUSED_HOST, HOST);
	must_refuse(1, 2, REFUSED_HOST, HOST);
	charge_deinit(&root);
	must_refuse(0, HOST + 1, REFUSED_HOST, HOST);
	must_refuse(0, UINT64_MAX, REFUSED_HOST, HOST);
}

TEST(a_number_takes_the_place_of_the_share_for_root_too)
{
	for (uid_t uid = 0; uid < 2; uid++) {
		struct account *account = account_get(&accounts, uid);
		struct charge first = {0};
		struct charge second = {0};

		account->limit[RESOURCE] = 900;
		account->has_own[RESOURCE] = true;
		must_charge(&first, uid, 600);
		must_refuse(uid, 301, REFUSED_USER, 900);
		must_charge(&second, uid, 300);
		account->limit[RESOURCE] = 10; /* as after a reload: what is there stays */
		must_refuse(uid, 1, REFUSED_USER, 10);
		account->limit[RESOURCE] = 5000;
		must_refuse(uid, 101, REFUSED_HOST, HOST);
		charge_deinit(&first);
		charge_deinit(&second);
		account_unref(account);
	}
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

TEST(a_number_for_all_bounds_besides_the_share)
{
	struct account *account = account_get(&accounts, 1);
	struct charge used = {0};

	account->limit[RESOURCE] = 900;
	must_refuse(1, 901, REFUSED_USER, 900);
	must_refuse(1, 900, REFUSED_SHARE, 438);
	account->limit[RESOURCE] = 10;
	must_charge(&used, 1, 10);
	must_refuse(1, 1, REFUSED_USER, 10);
	charge_deinit(&used);
	account_unref(account);
}

TEST(a_charge_is_refunded_once_and_its_account_goes_with_it)
{
	struct charge once = {0};

	must_charge(&once, 1, 10);
	ck_assert_uint_eq(accounts.used[RESOURCE], 10);
	ck_assert_uint_eq(accounts.users[RESOURCE], 1);
	charge_deinit(&once);
	charge_deinit(&once);
	ck_assert_uint_eq(accounts.used[RESOURCE], 0);
	ck_assert(RB_EMPTY(&accounts.by_id));
}

TEST(charges_move_even_where_the_host_has_not_room_for_both)
{
	struct charge charges[2] = {0};
	struct account *heir = account_get(&accounts, 2);

	must_charge(&charges[0], 0, 700);
	must_charge(&charges[1], 0, 100);
	heir->has_own[RESOURCE] = true;
	heir->limit[RESOURCE] = 750;
	ck_assert_int_eq(charges_move(charges, 2, heir, &why), STATUS_NO_RESOURCES);
	ck_assert_int_eq(why.kind, REFUSED_USER);
	ck_assert_uint_eq(charges[0].account->uid, 0);
	ck_assert_uint_eq(charges[1].account->uid, 0);
	ck_assert_uint_eq(charges[0].account->used[RESOURCE], 800);
	ck_assert_uint_eq(heir->used[RESOURCE], 0);
	heir->limit[RESOURCE] = 800;
	ck_assert_int_eq(charges_move(charges, 2, heir, &why), STATUS_OK);
	ck_assert_uint_eq(heir->used[RESOURCE], 800);
	ck_assert_uint_eq(accounts.used[RESOURCE], 800);
	ck_assert_uint_eq(accounts.users[RESOURCE], 1);
	account_unref(heir);
	charge_deinit(&charges[0]);
	charge_deinit(&charges[1]);
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

TEST(every_refusal_names_a_key_of_its_own)
{
	const struct refusal host = {.resource = RESOURCE_HANDLES, .kind = REFUSED_HOST};
	const struct refusal user = {.resource = RESOURCE_BYTES, .kind = REFUSED_USER};
	const struct refusal share = {.resource = RESOURCE_CONNECTIONS, .kind = REFUSED_SHARE};

	ck_assert_str_eq(refusal_key(&host), "host-handles");
	ck_assert_str_eq(refusal_key(&user), "user-bytes");
	ck_assert_str_eq(refusal_key(&share), "user-connections");
	ck_assert_str_eq(resource_unit(RESOURCE_SEGMENTS), "segments");
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
