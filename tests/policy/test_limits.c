/* SPDX-License-Identifier: MIT */
/* Limits and fair shares as the broker keeps them; test_limits_real has them over sockets. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/testing.h"
#include "tests/policy/core-case.h"

#define CROWD 200
#define PAGE  4096U

static uint64_t host(enum resource resource)
{
	return core.broker.policy.host[resource];
}

static uint64_t used(enum resource resource)
{
	return core.broker.accounts.used[resource];
}

static void set_limit(struct peer *peer, enum resource resource, uint64_t limit)
{
	peer->account->limit[resource] = limit;
	peer->account->has_own[resource] = true;
}

static void name_of(char name[64], uid_t uid, unsigned int number)
{
	snprintf(name, 64, "/%u/%u", (unsigned int)uid, number);
}

FIXTURE(core_begin, core_end);

TEST(the_limit_of_segments_is_kept_and_named)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);

	set_limit(alice, RESOURCE_SEGMENTS, 2);
	ck_assert_int_eq(core_create(alice, "/a", 1, 0666, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/b", 1, 0666, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/c", 1, 0666, NULL), STATUS_NO_RESOURCES);
	ck_assert_int_eq(core.refusal.kind, REFUSED_USER);
	ck_assert_int_eq(core.refusal.resource, RESOURCE_SEGMENTS);
	ck_assert_uint_eq(core.refusal.limit, 2);
	ck_assert_int_eq(core_open(alice, "/a", NULL), STATUS_OK); /* it is no creation */
	ck_assert_int_eq(core_create(bob, "/c", 1, 0666, NULL), STATUS_OK);
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/d", 1, 0666, NULL), STATUS_NO_RESOURCES);
	core_close(alice, 0);
	core_close(alice, 2); /* both holds of what is deleted: now it is gone */
	ck_assert_int_eq(core_create(alice, "/d", 1, 0666, NULL), STATUS_OK);
}

TEST(bytes_count_in_whole_pages)
{
	struct peer *alice = core_connect(ALICE);

	set_limit(alice, RESOURCE_BYTES, 2 * PAGE);
	ck_assert_int_eq(core_create(alice, "/a", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/b", PAGE + 1, 0600, NULL), STATUS_NO_RESOURCES);
	ck_assert_int_eq(core.refusal.resource, RESOURCE_BYTES);
	ck_assert_uint_eq(used(RESOURCE_SEGMENTS), 1); /* the charge of the other is refunded */
	ck_assert_int_eq(core_create(alice, "/b", PAGE, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/c", 1, 0600, NULL), STATUS_NO_RESOURCES);
	ck_assert_uint_eq(used(RESOURCE_BYTES), 2 * PAGE);
}

TEST(one_segment_too_large_is_told_apart_from_too_many_bytes)
{
	struct peer *alice = core_connect(ALICE);

	core.broker.policy.segment_bytes = 1 << 20;
	ck_assert_int_eq(core_create(alice, "/a", (1 << 20) + 1, 0600, NULL), STATUS_TOO_BIG);
	ck_assert_int_eq(core_create(alice, "/a", UINT64_MAX, 0600, NULL), STATUS_TOO_BIG);
	ck_assert_int_eq(core_create(alice, "/a", 0, 0600, NULL), STATUS_BAD_SIZE);
	set_limit(alice, RESOURCE_BYTES, PAGE);
	ck_assert_int_eq(core_create(alice, "/a", 1 << 20, 0600, NULL), STATUS_NO_RESOURCES);
}

TEST(handles_count_over_all_connections_of_a_user)
{
	struct peer *first = core_connect(ALICE);
	struct peer *second = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	uint32_t handle;

	set_limit(first, RESOURCE_HANDLES, 2);
	ck_assert_int_eq(core_create(first, "/a", 1, 0666, NULL), STATUS_OK);
	ck_assert_int_eq(core_open(second, "/a", &handle), STATUS_OK);
	ck_assert_int_eq(core_open(first, "/a", NULL), STATUS_NO_RESOURCES);
	ck_assert_int_eq(core.refusal.resource, RESOURCE_HANDLES);
	ck_assert_int_eq(core_create(second, "/b", 1, 0666, NULL), STATUS_NO_RESOURCES);
	ck_assert(!core_exists("/b"));
	ck_assert_uint_eq(used(RESOURCE_SEGMENTS), 1);
	ck_assert_int_eq(core_open(bob, "/a", NULL), STATUS_OK);
	/* A connection keeps what it had, and pays for it, for its next open. */
	core_close(second, handle);
	ck_assert_int_eq(core_open(first, "/a", NULL), STATUS_NO_RESOURCES);
	ck_assert_int_eq(core_open(second, "/a", NULL), STATUS_OK);
	core_disconnect(second);
	ck_assert_int_eq(core_open(first, "/a", NULL), STATUS_OK);
	core_disconnect(first);
	ck_assert_uint_eq(used(RESOURCE_HANDLES), 1); /* bob's */
}

TEST(connections_count_and_a_refused_one_costs_nothing)
{
	struct peer *first;

	core.broker.policy.user[RESOURCE_CONNECTIONS] = 2;
	first = core_connect(ALICE);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(core_connect(ALICE));
	ck_assert_ptr_null(core_connect(ALICE));
	ck_assert_int_eq(core.refusal.kind, REFUSED_USER);
	ck_assert_int_eq(core.refusal.resource, RESOURCE_CONNECTIONS);
	ck_assert_uint_eq(used(RESOURCE_CONNECTIONS), 2);
	ck_assert_ptr_nonnull(core_connect(BOB));
	core_disconnect(first);
	ck_assert_ptr_nonnull(core_connect(ALICE));
}

TEST(what_a_connection_in_a_group_may_a_later_one_does_not_take_away)
{
	struct limit_rule *rule = policy_add_limit_rule(&core.broker.policy);
	struct peer *member;

	ck_assert_ptr_nonnull(rule);
	rule->is_group = true;
	rule->id = 50;
	rule->limit[RESOURCE_SEGMENTS] = 2;
	core.broker.policy.user[RESOURCE_SEGMENTS] = 1;
	member = core_connect_member(ALICE, 50);
	core_connect(ALICE);
	ck_assert_int_eq(core_create(member, "/a", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(member, "/b", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(member, "/c", 1, 0600, NULL), STATUS_NO_RESOURCES);
	core_disconnect(member);
	core_connect(ALICE); /* she is still there without the group: nothing shrinks under her */
}

TEST(who_is_given_a_segment_pays_for_it)
{
	struct peer *root = core_connect(0);
	struct peer *alice = core_connect(ALICE);

	core.broker.policy.user[RESOURCE_SEGMENTS] = 1;
	ck_assert_int_eq(core_create(root, "/a", 600 << 20, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(root, "/b", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_set_owner(root, "/b", BOB, UINT32_MAX), STATUS_OK);
	ck_assert_uint_eq(root->account->used[RESOURCE_SEGMENTS], 1);
	/* bob is not connected: his limit counts all the same. */
	ck_assert_int_eq(core_set_owner(root, "/a", BOB, UINT32_MAX), STATUS_NO_RESOURCES);
	ck_assert_uint_eq(core.refusal.uid, BOB);
	ck_assert_int_eq(core.refusal.kind, REFUSED_USER);
	ck_assert_uint_eq(root->account->used[RESOURCE_SEGMENTS], 1);
	/* Twice 600 MiB are more than the host has, and are never there. */
	set_limit(alice, RESOURCE_SEGMENTS, 1);
	set_limit(alice, RESOURCE_BYTES, 600 << 20);
	ck_assert_int_eq(core_set_owner(root, "/a", ALICE, UINT32_MAX), STATUS_OK);
	ck_assert_uint_eq(alice->account->used[RESOURCE_BYTES], 600 << 20);
	ck_assert_uint_eq(root->account->used[RESOURCE_BYTES], 0);
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	core_disconnect(root);
	ck_assert_uint_eq(alice->account->used[RESOURCE_BYTES], 0);
}

/* Creates segments until it is refused; how many. */
static unsigned int be_greedy(struct peer *peer, uid_t uid, uint64_t size)
{
	char name[64];
	unsigned int count = 0;

	do {
		name_of(name, uid, count);
	} while (core_create(peer, name, size, 0600, NULL) == STATUS_OK && ++count);
	return count;
}

TEST(one_greedy_user_gets_nearly_half)
{
	struct peer *alice = core_connect(ALICE);

	ck_assert_uint_eq(be_greedy(alice, ALICE, 1), (host(RESOURCE_SEGMENTS) * 7 / 8 + 1) / 2);
	ck_assert_int_eq(core.refusal.kind, REFUSED_SHARE);
	ck_assert_str_eq(refusal_key(&core.refusal), "user-segments");
}

/* One more connection and one more segment for each; how many it gets in all. */
static unsigned int take_turns(struct peer *crowd[CROWD], unsigned int turn)
{
	unsigned int got = 0;

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		struct peer *peer = core_connect(uid);
		char name[64];

		got += peer != NULL;
		if (!crowd[uid - 1])
			crowd[uid - 1] = peer;
		if (!crowd[uid - 1])
			continue;
		name_of(name, uid, turn);
		got += core_create(crowd[uid - 1], name, 1, 0600, NULL) == STATUS_OK;
	}
	return got;
}

/* All at once, that is; test_accounts has a crowd that comes one after the other. */
TEST(after_a_crowd_of_greedy_users_a_newcomer_creates)
{
	struct peer *crowd[CROWD] = {NULL};
	struct peer *newcomer;
	unsigned int turn = 0;

	ck_assert_uint_eq(take_turns(crowd, turn), 2 * CROWD);
	while (take_turns(crowd, ++turn) > 0)
		;
	ck_assert_uint_lt(used(RESOURCE_SEGMENTS), host(RESOURCE_SEGMENTS) * 2 / 3);
	ck_assert_uint_lt(used(RESOURCE_CONNECTIONS), host(RESOURCE_CONNECTIONS) * 2 / 3);
	newcomer = core_connect(ALICE);
	ck_assert_ptr_nonnull(newcomer);
	ck_assert_int_eq(core_create(newcomer, "/new", 1, 0600, NULL), STATUS_OK);
}

TEST(a_crowd_that_takes_all_bytes_it_can_leaves_some)
{
	struct peer *newcomer;

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		struct peer *peer = core_connect(uid);
		char name[64];
		unsigned int number = 0;

		for (uint64_t size = 1 << 30; size >= PAGE; size /= 2) {
			do {
				name_of(name, uid, number++);
			} while (core_create(peer, name, size, 0600, NULL) == STATUS_OK);
		}
	}
	newcomer = core_connect(ALICE);
	ck_assert_int_eq(core_create(newcomer, "/new", PAGE, 0600, NULL), STATUS_OK);
}

TEST(a_crowd_that_leaves_has_left_nothing)
{
	struct peer *crowd[CROWD];

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		char name[64];

		crowd[uid - 1] = core_connect(uid);
		name_of(name, uid, 0);
		core_create(crowd[uid - 1], name, 1, 0600, NULL);
		ck_assert_int_eq(core_delete(crowd[uid - 1], name), STATUS_OK);
	}
	ck_assert_uint_eq(used(RESOURCE_SEGMENTS), CROWD);
	for (size_t i = 0; i < CROWD; i++)
		core_disconnect(crowd[i]);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		ck_assert_uint_eq(used((enum resource)i), 0);
	ck_assert(RB_EMPTY(&core.broker.accounts.by_id));
}

TEST(a_new_configuration_counts_at_once_and_takes_nothing_back)
{
	struct peer *alice = core_connect(ALICE);
	struct policy policy;

	ck_assert_int_eq(core_create(alice, "/a", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_create(alice, "/b", 1, 0600, NULL), STATUS_OK);
	policy_init(&policy);
	memcpy(policy.host, core.broker.policy.host, sizeof(policy.host));
	policy.host[RESOURCE_SEGMENTS] = 1;
	policy.segment_bytes = 1 << 20;
	broker_set_policy(&core.broker, &policy);
	ck_assert_int_eq(core_create(alice, "/c", 1, 0600, NULL), STATUS_NO_RESOURCES);
	ck_assert_int_eq(core.refusal.kind, REFUSED_HOST);
	ck_assert_str_eq(refusal_key(&core.refusal), "host-segments");
	ck_assert_int_eq(core_open(alice, "/a", NULL), STATUS_OK);
	ck_assert_int_eq(core_open(alice, "/b", NULL), STATUS_OK);
}
