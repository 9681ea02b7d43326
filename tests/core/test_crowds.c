/* SPDX-License-Identifier: MIT */
/*
 * Limits and fair shares where many users come, as the broker keeps them, called like a function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/broker.h"
#include "daemon/core/handle.h"
#include "daemon/core/reply.h"
#include "tests/lib/testing.h"

#define CROWD     200
#define PAGE      4096U
#define ALICE     1000U
#define PEERS_MAX 1024

static struct broker broker;
static struct refusal refusal; /* of the last request */
static struct peer *peers[PEERS_MAX];
static size_t peer_count;

/* 1,000 of everything, and 1 GiB. */
static void begin(void)
{
	struct policy policy;

	peer_count = 0;
	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = 1000;
	policy.host[RESOURCE_BYTES] = 1 << 30;
	policy.segment_bytes = 1 << 30;
	broker_init(&broker, &policy);
}

/* A NULL peer was refused. */
static struct peer *connect_as(const struct credentials *who)
{
	struct peer *peer;

	ck_assert_uint_lt(peer_count, PEERS_MAX);
	if (broker_add_peer(&broker, who, -1, &peer, &refusal) != STATUS_OK)
		return NULL;
	peers[peer_count++] = peer;
	return peer;
}

static struct peer *connect_user(uid_t uid)
{
	return connect_as(&(struct credentials){.uid = uid, .gid = uid});
}

static struct peer *connect_member(uid_t uid, gid_t group)
{
	gid_t *groups = malloc(sizeof(*groups));

	ck_assert_ptr_nonnull(groups);
	*groups = group;
	return connect_as(
		&(struct credentials){.uid = uid, .gid = uid, .groups = groups, .group_count = 1});
}

static void disconnect(struct peer *peer)
{
	for (size_t i = 0; i < peer_count; i++) {
		if (peers[i] == peer)
			peers[i] = NULL;
	}
	broker_remove_peer(&broker, peer);
}

/* Every charge is refunded when all have gone. */
static void end(void)
{
	struct segment *segment;

	for (size_t i = 0; i < peer_count; i++) {
		if (peers[i])
			disconnect(peers[i]);
	}
	while ((segment = registry_next(&broker.registry, 0)))
		registry_remove_name(&broker.registry, segment);
	registry_settle(&broker.registry);
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		ck_assert_uint_eq(broker.accounts.used[i], 0);
		ck_assert_uint_eq(broker.accounts.users[i], 0);
	}
	broker_deinit(&broker);
}

static enum status ask(struct peer *peer, struct wire_request *request, const char *name)
{
	static uint32_t serial; /* of all peers, so that each one's increase */
	struct reply reply;

	request->header.serial = ++serial;
	request->name = name;
	request->name_length = strlen(name);
	reply_init(&reply);
	broker_handle(&broker, peer, request, &reply);
	refusal = reply.refusal;
	reply_deinit(&reply);
	return reply.wire.header.status;
}

static enum status create(struct peer *peer, const char *name, uint64_t size)
{
	struct wire_request request = {.header = {.op = WIRE_OP_OPEN},
		.open = {.size = size, .flags = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, .mode = 0600}};

	return ask(peer, &request, name);
}

static enum status open_again(struct peer *peer, const char *name)
{
	return ask(peer, &(struct wire_request){.header = {.op = WIRE_OP_OPEN}}, name);
}

static enum status delete_it(struct peer *peer, const char *name)
{
	return ask(peer, &(struct wire_request){.header = {.op = WIRE_OP_DELETE}}, name);
}

static uint64_t host(enum resource resource)
{
	return broker.policy.host[resource];
}

static uint64_t used(enum resource resource)
{
	return broker.accounts.used[resource];
}

static void name_of(char name[64], uid_t uid, unsigned int number)
{
	snprintf(name, 64, "/%u/%u", (unsigned int)uid, number);
}

FIXTURE(begin, end);

TEST(what_a_connection_in_a_group_may_a_later_one_does_not_take_away)
{
	struct limit_rule *rule = policy_add_limit_rule(&broker.policy);
	struct peer *member;

	ck_assert_ptr_nonnull(rule);
	rule->is_group = true;
	rule->id = 50;
	rule->limit[RESOURCE_SEGMENTS] = 2;
	broker.policy.user[RESOURCE_SEGMENTS] = 1;
	member = connect_member(ALICE, 50);
	connect_user(ALICE);
	ck_assert_int_eq(create(member, "/a", 1), STATUS_OK);
	ck_assert_int_eq(create(member, "/b", 1), STATUS_OK);
	ck_assert_int_eq(create(member, "/c", 1), STATUS_NO_RESOURCES);
	disconnect(member);
	connect_user(ALICE); /* she is still there without the group: nothing shrinks under her */
}

/* Creates segments until it is refused; how many. */
static unsigned int be_greedy(struct peer *peer, uid_t uid, uint64_t size)
{
	char name[64];
	unsigned int count = 0;

	do {
		name_of(name, uid, count);
	} while (create(peer, name, size) == STATUS_OK && ++count);
	return count;
}

TEST(one_greedy_user_gets_nearly_half)
{
	struct peer *alice = connect_user(ALICE);

	ck_assert_uint_eq(be_greedy(alice, ALICE, 1), (host(RESOURCE_SEGMENTS) * 7 / 8 + 1) / 2);
	ck_assert_int_eq(refusal.kind, REFUSED_SHARE);
	ck_assert_str_eq(refusal_key(&refusal), "user-segments");
}

/* One more connection and one more segment for each; how many it gets in all. */
static unsigned int take_turns(struct peer *crowd[CROWD], unsigned int turn)
{
	unsigned int got = 0;

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		struct peer *peer = connect_user(uid);
		char name[64];

		got += peer != NULL;
		if (!crowd[uid - 1])
			crowd[uid - 1] = peer;
		if (!crowd[uid - 1])
			continue;
		name_of(name, uid, turn);
		got += create(crowd[uid - 1], name, 1) == STATUS_OK;
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
	newcomer = connect_user(ALICE);
	ck_assert_ptr_nonnull(newcomer);
	ck_assert_int_eq(create(newcomer, "/new", 1), STATUS_OK);
}

TEST(a_crowd_that_takes_all_bytes_it_can_leaves_some)
{
	struct peer *newcomer;

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		struct peer *peer = connect_user(uid);
		char name[64];
		unsigned int number = 0;

		for (uint64_t size = 1 << 30; size >= PAGE; size /= 2) {
			do {
				name_of(name, uid, number++);
			} while (create(peer, name, size) == STATUS_OK);
		}
	}
	newcomer = connect_user(ALICE);
	ck_assert_int_eq(create(newcomer, "/new", PAGE), STATUS_OK);
}

TEST(a_crowd_that_leaves_has_left_nothing)
{
	struct peer *crowd[CROWD];

	for (uid_t uid = 1; uid <= CROWD; uid++) {
		char name[64];

		crowd[uid - 1] = connect_user(uid);
		name_of(name, uid, 0);
		create(crowd[uid - 1], name, 1);
		ck_assert_int_eq(delete_it(crowd[uid - 1], name), STATUS_OK);
	}
	ck_assert_uint_eq(used(RESOURCE_SEGMENTS), CROWD);
	for (size_t i = 0; i < CROWD; i++)
		disconnect(crowd[i]);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		ck_assert_uint_eq(used((enum resource)i), 0);
	ck_assert(RB_EMPTY(&broker.accounts.by_id));
}

TEST(a_new_configuration_counts_at_once_and_takes_nothing_back)
{
	struct peer *alice = connect_user(ALICE);
	struct policy policy;

	ck_assert_int_eq(create(alice, "/a", 1), STATUS_OK);
	ck_assert_int_eq(create(alice, "/b", 1), STATUS_OK);
	policy_init(&policy);
	memcpy(policy.host, broker.policy.host, sizeof(policy.host));
	policy.host[RESOURCE_SEGMENTS] = 1;
	policy.segment_bytes = 1 << 20;
	broker_set_policy(&broker, &policy);
	ck_assert_int_eq(create(alice, "/c", 1), STATUS_NO_RESOURCES);
	ck_assert_int_eq(refusal.kind, REFUSED_HOST);
	ck_assert_str_eq(refusal_key(&refusal), "host-segments");
	ck_assert_int_eq(open_again(alice, "/a"), STATUS_OK);
	ck_assert_int_eq(open_again(alice, "/b"), STATUS_OK);
}
