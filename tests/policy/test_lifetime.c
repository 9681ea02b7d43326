/* SPDX-License-Identifier: MIT */
/* How long a segment stays, by a clock of the test's own; test_lifetime_real has the real seconds.
 */
#include "tests/lib/testing.h"
#include "tests/policy/core-case.h"

#define KEPT   WIRE_LIFETIME_KEPT
#define UNUSED WIRE_LIFETIME_UNTIL_UNUSED

FIXTURE(core_begin, core_end);

TEST(kept_stays_until_it_is_deleted)
{
	struct peer *alice = core_connect(ALICE);

	core_close(alice, core_create_living(alice, "/a", KEPT, 0));
	core_close(alice, core_create_living(alice, "/default", WIRE_LIFETIME_DEFAULT, 0));
	core_pass(1e6);
	ck_assert_uint_eq(registry_deadline(&core.broker.registry), 0);
	ck_assert(core_exists("/a") && core_exists("/default"));
	core_disconnect(alice);
	core_pass(1e6);
	ck_assert(core_exists("/a") && core_exists("/default"));
	alice = core_connect(ALICE);
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	ck_assert(!core_exists("/a"));
	ck_assert_str_eq(core.expired, "");
}

TEST(until_unused_goes_with_its_last_holder)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	uint32_t first = core_create_living(alice, "/a", UNUSED, 0);
	uint32_t second;
	uint32_t other;

	ck_assert_int_eq(core_open(alice, "/a", &second), STATUS_OK);
	ck_assert_int_eq(core_open(bob, "/a", &other), STATUS_OK);
	core_close(alice, first);
	core_close(alice, first); /* twice is once */
	core_close(bob, other);
	ck_assert(core_exists("/a"));
	core_close(alice, second);
	ck_assert(!core_exists("/a"));
	ck_assert_str_eq(core.expired, "/a ");
	ck_assert_int_eq(core_open(bob, "/a", &other), STATUS_NOT_FOUND);
}

TEST(a_connections_end_closes_all_it_holds)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);

	core_create_living(alice, "/a", UNUSED, 0);
	core_create_living(alice, "/b", UNUSED, 0);
	ck_assert_int_eq(core_open(bob, "/b", NULL), STATUS_OK);
	core_disconnect(alice);
	ck_assert(!core_exists("/a"));
	ck_assert(core_exists("/b"));
	core_disconnect(bob);
	ck_assert_str_eq(core.expired, "/a /b ");
}

TEST_LOOP(what_lingers_goes_when_its_time_has_passed_and_not_before, 2)
{
	const uint32_t lifetimes[] = {KEPT, UNUSED};
	struct peer *alice = core_connect(ALICE);

	core_close(alice, core_create_living(alice, "/a", lifetimes[_i], 10));
	core_pass(9.999);
	ck_assert(core_exists("/a"));
	ck_assert_uint_eq(registry_deadline(&core.broker.registry), core.clock + UINT64_C(1000000));
	core_pass(0.001);
	ck_assert(!core_exists("/a"));
	ck_assert_str_eq(core.expired, "/a ");
	ck_assert_uint_eq(registry_deadline(&core.broker.registry), 0);
}

TEST(an_open_within_the_linger_saves_it_and_the_next_linger_is_whole)
{
	struct peer *alice = core_connect(ALICE);
	uint32_t handle;

	core_close(alice, core_create_living(alice, "/a", UNUSED, 10));
	core_pass(9);
	ck_assert_int_eq(core_open(alice, "/a", &handle), STATUS_OK);
	core_pass(1000);
	ck_assert(core_exists("/a"));
	core_close(alice, handle);
	core_pass(9);
	ck_assert(core_exists("/a"));
	core_pass(1);
	ck_assert(!core_exists("/a"));
}

TEST(what_was_deleted_while_it_lingered_is_gone_once)
{
	struct peer *alice = core_connect(ALICE);

	core_close(alice, core_create_living(alice, "/a", KEPT, 10));
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	ck_assert_uint_eq(registry_deadline(&core.broker.registry), 0);
	core_close(alice, core_create_living(alice, "/a", KEPT, 20));
	core_pass(10);
	ck_assert(core_exists("/a"));
	ck_assert_str_eq(core.expired, "");
	core_pass(10);
	ck_assert_str_eq(core.expired, "/a ");
}

TEST(what_was_deleted_while_it_was_held_does_not_linger)
{
	struct peer *alice = core_connect(ALICE);
	uint32_t handle = core_create_living(alice, "/a", UNUSED, 10);

	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	ck_assert_uint_eq(core.broker.registry.count, 1);
	core_close(alice, handle);
	ck_assert_uint_eq(core.broker.registry.count, 0);
	ck_assert_uint_eq(registry_deadline(&core.broker.registry), 0);
	ck_assert_str_eq(core.expired, "");
}

TEST(lingers_end_in_the_order_of_their_times)
{
	struct peer *alice = core_connect(ALICE);

	core_close(alice, core_create_living(alice, "/late", UNUSED, 30));
	core_close(alice, core_create_living(alice, "/soon", UNUSED, 10));
	core_close(alice, core_create_living(alice, "/too", UNUSED, 10));
	core_close(alice, core_create_living(alice, "/longest", UNUSED, UINT32_MAX));
	core_pass(10);
	ck_assert_str_eq(core.expired, "/soon /too ");
	core_pass(100);
	ck_assert_str_eq(core.expired, "/soon /too /late ");
	ck_assert(core_exists("/longest"));
	core_pass(4294967295.0);
	ck_assert(!core_exists("/longest"));
}

TEST(a_rule_puts_a_linger_on_what_is_kept)
{
	struct peer *alice = core_connect(ALICE);

	core_add_rule("/tmp")->linger = 60;
	core_close(alice, core_create_living(alice, "/tmp/a", KEPT, 0));
	core_close(alice, core_create_living(alice, "/a", KEPT, 0));
	core_pass(59);
	ck_assert(core_exists("/tmp/a"));
	core_pass(1);
	ck_assert_str_eq(core.expired, "/tmp/a ");
	ck_assert(core_exists("/a"));
}

TEST(a_rules_lifetime_takes_the_place_of_what_was_asked_for)
{
	struct peer *alice = core_connect(ALICE);
	struct name_rule *rule = core_add_rule("/r");

	rule->lifetime = UNUSED;
	core_close(alice, core_create_living(alice, "/r/a", KEPT, 0));
	ck_assert(!core_exists("/r/a"));
	rule->lifetime = KEPT;
	rule->linger = 0;
	core_close(alice, core_create_living(alice, "/r/a", UNUSED, 5));
	core_pass(10);
	ck_assert(core_exists("/r/a"));
}

TEST(a_lifetime_that_there_is_not_is_refused)
{
	struct peer *alice = core_connect(ALICE);
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {.size = 1, .flags = WIRE_OPEN_CREATE, .lifetime = 3},
	};

	ck_assert_int_eq(core_ask(alice, &request, "/a", NULL), STATUS_BAD_RIGHTS);
	ck_assert(!core_exists("/a"));
}
