/* SPDX-License-Identifier: MIT */
/*
 * The broker as a function: tables of (state, peer, request) -> reply, each replayed with every
 * call that can fail failing. See world.h.
 */
#include "daemon/broker.h"
#include "tests/core/broker-cases.h"
#include "tests/core/failing.h"
#include "tests/core/world.h"

static void make_all_calls(struct world *world)
{
	PLAY({ALICE, CREATE("/a", 1, 0400), OPENED(1, 1, 0, RO)});
}

/* A replay is worth what it disturbs: were the wrapping lost, all tables would still agree. */
START_TEST(every_call_of_the_core_was_made_to_fail)
{
	const enum failing_call calls[] = {FAILING_calloc, FAILING_reallocarray,
		FAILING_memfd_create, FAILING_fchmod, FAILING_ftruncate, FAILING_fcntl,
		FAILING_open};

	replay(make_all_calls);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ck_assert_uint_ge(failing_count(calls[i]), FAILING_WAYS);
}
END_TEST

START_TEST(an_op_that_the_broker_does_not_know_is_unsupported)
{
	const uint16_t ops[] = {0, 7, 999, UINT16_MAX};
	const struct limits limits = {1, 1, 1};
	const struct credentials nobody = {.uid = 1000};
	struct broker broker;
	struct peer peer;

	broker_init(&broker, &limits);
	peer_init(&peer, &broker.registry, &nobody, 1);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const struct wire_request request = {.header = {.op = ops[i], .serial = 5}};
		struct reply reply;

		reply_init(&reply);
		broker_handle(&broker, &peer, &request, &reply);
		ck_assert_uint_eq(reply.wire.header.status, STATUS_UNSUPPORTED);
		ck_assert_uint_eq(reply.wire.header.op, ops[i]);
		ck_assert_uint_eq(reply.wire.header.serial, 5);
		ck_assert(reply.expected);
		reply_deinit(&reply);
	}
	peer_deinit(&peer);
	broker_deinit(&broker);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker");
	TCase *tcase = testing_case(suite, "broker", NULL, NULL);

	tcase_add_test(tcase, every_call_of_the_core_was_made_to_fail);
	tcase_add_test(tcase, an_op_that_the_broker_does_not_know_is_unsupported);
	add_open_case(suite);
	add_size_case(suite);
	add_name_case(suite);
	add_limit_case(suite);
	add_delete_case(suite);
	add_close_case(suite);
	add_stat_case(suite);
	add_list_case(suite);
	add_reopen_case(suite);
	add_descriptor_case(suite);
	return testing_run(suite);
}
