/* SPDX-License-Identifier: MIT */
/* ACCOUNTS: what each user has, may have, and why no more; each their own, and some all. */
#include "tests/core/world.h"

#define ALL UINT32_MAX /* next: that was all */

static void given_limits(struct world *world)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		given_host_limit(world, (enum resource)i, 800);
	given_host_limit(world, RESOURCE_BYTES, 80 * 4096);
}

/* 800 less the eighth, 700, for one more than those who have some; 6 users have 7 connections. */
SCENARIO(a_user_sees_what_is_used_and_what_bounds_it)
{
	given_limits(world);
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 5);
	PLAY({ALICE, ACCOUNTS(1000, 1), ACCOUNTED(ALL, "1000 0/5# 0/143360s 2/100s 0/350s 0/350s")},
		{ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 0, RW)},
		{ALICE, ACCOUNTS(0, 0),
			ACCOUNTED(ALL, "1000 1/5# 8192/143360s 2/100s 1/350s 0/350s")},
		{ALICE, ACCOUNTS(1000, 0),
			ACCOUNTED(ALL, "1000 1/5# 8192/143360s 2/100s 1/350s 0/350s")},
		{ALICE, ACCOUNTS(1001, 0), ACCOUNTED(ALL, "")},
		/* What she has is not Dave's to share, and he would be one more. */
		{DAVE, ACCOUNTS(0, 0), ACCOUNTED(ALL, "1003 0/233s 0/92843s 1/100s 0/233s 0/350s")},
		{ROOT, ACCOUNTS(0, 1), ACCOUNTED(ALL, "0 0/800n 0/327680n 1/800n 0/800n 0/800n")});
}

/* A number in [limits] bounds besides the share. */
SCENARIO(of_a_number_for_all_and_the_share_the_smaller_is_told)
{
	given_limits(world);
	world->peers[ALICE]->account->limit[RESOURCE_SEGMENTS] = 349;
	world->peers[DAVE]->account->limit[RESOURCE_SEGMENTS] = 351;
	PLAY({ALICE, ACCOUNTS(1000, 1),
		     ACCOUNTED(ALL, "1000 0/349# 0/143360s 2/100s 0/350s 0/350s")},
		{DAVE, ACCOUNTS(1003, 1),
			ACCOUNTED(ALL, "1003 0/350s 0/143360s 1/100s 0/350s 0/350s")},
		{ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)});
}

SCENARIO(only_who_sees_all_sees_others)
{
	PLAY({ROOT, ACCOUNTS(0, 0), ACCOUNTED(ALL, "0 1000 1001 1002 1003 65534")},
		{ROOT, ACCOUNTS(1001, 0), ACCOUNTED(ALL, "1001 1002 1003 65534")},
		{ROOT, ACCOUNTS(1004, 1), ACCOUNTED(ALL, "")},
		{ROOT, ACCOUNTS(65535, 0), ACCOUNTED(ALL, "")},
		{ROOT, ACCOUNTS(UINT32_MAX, 0), ACCOUNTED(ALL, "")},
		{ALICE, ACCOUNTS(1001, 1), FAILS(DENIED)},
		{ALICE, ACCOUNTS(4242, 1), FAILS(DENIED)}, {NOBODY, ACCOUNTS(0, 1), FAILS(DENIED)},
		{NOBODY, ANONYMOUS(1, false), MADE(1, 0, RW)});
}

/* The broker remembers for a minute whom it has refused something. */
SCENARIO(a_user_who_was_only_refused_something_has_nothing)
{
	ck_assert(accounts_note_refusal(&world->broker.accounts, 4242, 1));
	ck_assert(accounts_note_refusal(&world->broker.accounts, 1001, 1));
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ROOT, ACCOUNTS(0, 0), ACCOUNTED(ALL, "0 1000 1001 1002 1003 65534")},
		{ROOT, ACCOUNTS(4242, 1), ACCOUNTED(ALL, "")});
	ck_assert_uint_eq(accounts_count(&world->broker.accounts), 6);
}

#define PAGE                                                                                       \
	((WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_accounted) /                             \
		(WIRE_SIZE_account + RESOURCE_COUNT * WIRE_SIZE_usage))
#define MANY (2 * PAGE)

SCENARIO(many_users_are_told_once_each_over_many_pages)
{
	struct account *accounts[MANY];
	struct step step = {ROOT, ACCOUNTS(100000, 0)};
	unsigned int pages = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		accounts[i] = account_get(&world->broker.accounts, 100000 + 2 * i);
		ck_assert_ptr_nonnull(accounts[i]);
	}
	do {
		struct reply reply;

		ask(world, &step, &reply);
		ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
		ck_assert_uint_eq(reply.wire.accounted.count, PAGE);
		step.request.accounts.uid = reply.wire.accounted.next;
		pages++;
		reply_deinit(&reply);
	} while (step.request.accounts.uid != ALL);
	ck_assert_uint_eq(pages, 2);
	for (uint32_t i = 0; i < MANY; i++)
		account_unref(accounts[i]);
	PLAY({ROOT, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}
