/* SPDX-License-Identifier: MIT */
/* What a dynamic user has kept goes with the user's last connection, and nobody else's does. */
#include <stdlib.h>
#include <string.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/dynamic-users.h"
#include "daemon/core/handle.h"
#include "tests/lib/testing.h"

#define SECOND  UINT64_C(1000000000)
#define SERVICE DYNAMIC_UID_FIRST
#define OTHER   DYNAMIC_UID_LAST
#define USER    1000

static struct broker broker;
static uint64_t now;
static uint32_t serial;

static uint64_t tell_time(void)
{
	return now;
}

static void begin(void)
{
	struct policy policy;

	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = 1 << 20;
	policy.segment_bytes = 1 << 20;
	broker_init(&broker, &policy);
	now = SECOND;
	broker.registry.clock = tell_time;
	broker_start(&broker);
}

static void end(void)
{
	broker_deinit(&broker);
}

static struct peer *enter(uid_t uid)
{
	const struct credentials who = {.uid = uid, .gid = uid};
	struct refusal why;
	struct peer *peer;

	ck_assert_int_eq(broker_add_peer(&broker, &who, -1, &peer, &why), STATUS_OK);
	return peer;
}

static void leave(struct peer *peer)
{
	broker_remove_peer(&broker, peer);
}

/* Creates the segment, or opens it. */
static enum status use(struct peer *peer, const char *name)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN, .serial = ++serial},
		.open = {.size = 4096, .flags = WIRE_OPEN_CREATE, .mode = 0666},
		.name = name,
		.name_length = strlen(name),
	};
	struct reply reply;

	reply_init(&reply);
	broker_handle(&broker, peer, &request, &reply);
	reply_deinit(&reply);
	return (enum status)reply.wire.header.status;
}

static void create_as(uid_t uid, const char *name)
{
	struct peer *peer = enter(uid);

	ck_assert_int_eq(use(peer, name), STATUS_OK);
	leave(peer);
}

static bool is_there(const char *name)
{
	return registry_find(&broker.registry, name, strlen(name));
}

static void pass(uint64_t seconds)
{
	now += seconds * SECOND;
	broker_expire(&broker);
}

FIXTURE(begin, end);

TEST(it_goes_ten_seconds_after_the_last_connection)
{
	struct peer *first = enter(SERVICE);
	struct peer *second = enter(SERVICE);

	ck_assert_int_eq(use(first, "/left"), STATUS_OK);
	leave(first);
	ck_assert_uint_eq(broker_deadline(&broker), 0);
	pass(100);
	ck_assert(is_there("/left"));
	leave(second);
	ck_assert_uint_eq(broker_deadline(&broker), now + 10 * SECOND);
	pass(9);
	ck_assert(is_there("/left"));
	pass(1);
	ck_assert(!is_there("/left"));
	ck_assert_uint_eq(broker_deadline(&broker), 0);
}

TEST(who_comes_back_in_time_finds_it)
{
	create_as(SERVICE, "/left");
	pass(9);
	leave(enter(SERVICE));
	pass(9);
	ck_assert(is_there("/left"));
	pass(1);
	ck_assert(!is_there("/left"));
}

TEST(nothing_of_others_goes)
{
	struct peer *service = enter(OTHER);

	create_as(DYNAMIC_UID_FIRST - 1, "/before");
	create_as(DYNAMIC_UID_LAST + 1, "/behind");
	create_as(USER, "/user");
	ck_assert_int_eq(use(service, "/connected"), STATUS_OK);
	create_as(SERVICE, "/left");
	pass(10);
	ck_assert(!is_there("/left"));
	ck_assert(is_there("/before") && is_there("/behind") && is_there("/user") &&
		  is_there("/connected"));
	leave(service);
}

TEST(who_holds_it_goes_on_with_it_without_a_name)
{
	struct peer *user = enter(USER);

	create_as(SERVICE, "/left");
	ck_assert_int_eq(use(user, "/left"), STATUS_OK);
	pass(10);
	ck_assert(!is_there("/left"));
	ck_assert_uint_eq(broker.registry.count, 1);
	leave(user);
	ck_assert_uint_eq(broker.registry.count, 0);
}

TEST(a_rule_or_the_administrator_says_otherwise)
{
	struct name_rule *rule = policy_add_rule(&broker.policy);

	rule->prefix = strdup("/srv");
	rule->file = strdup("test.conf");
	rule->lifetime = WIRE_LIFETIME_KEPT;
	policy_sort(&broker.policy);
	create_as(SERVICE, "/srv/kept");
	create_as(SERVICE, "/left");
	pass(10);
	ck_assert(is_there("/srv/kept") && !is_there("/left"));
	broker.policy.dynamic_linger = 60;
	create_as(SERVICE, "/longer");
	pass(59);
	ck_assert(is_there("/longer"));
	pass(1);
	ck_assert(!is_there("/longer"));
	broker.policy.dynamic_linger = POLICY_UNSET;
	create_as(SERVICE, "/for-ever");
	pass(1000);
	ck_assert(is_there("/for-ever"));
}

/* As after a take-over: the next broker knows no deadline. */
TEST(a_broker_that_takes_over_begins_the_time_anew)
{
	create_as(SERVICE, "/left");
	pass(9);
	dynamic_users_end(&broker);
	broker_start(&broker);
	pass(9);
	ck_assert(is_there("/left"));
	pass(1);
	ck_assert(!is_there("/left"));
}
