/* SPDX-License-Identifier: MIT */
/*
 * The broker as a function: tables of (state, peer, request) -> reply, each replayed with every
 * call that can fail failing. See world.h.
 */
#include "daemon/core/handle.h"
#include "tests/core/failing.h"
#include "tests/core/world.h"

static void make_all_calls(struct world *world)
{
	PLAY({ALICE, CREATE("/a", 1, 0400), OPENED(1, 1, 0, RO)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 1, RW)}, {BOB, LEAVES});
}

/* A replay is worth what it disturbs: were the wrapping lost, all tables would still agree. */
TEST(every_call_of_the_core_was_made_to_fail)
{
	const enum failing_call calls[] = {FAILING_calloc, FAILING_reallocarray,
		FAILING_memfd_create, FAILING_fchmod, FAILING_ftruncate, FAILING_fcntl,
		FAILING_open, FAILING_getrandom};

	replay(make_all_calls);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ck_assert_msg(failing_count(calls[i]) >= (testing_is_long() ? FAILING_WAYS : 1),
			"call %d failed %u times", (int)calls[i], failing_count(calls[i]));
}

static void refuse_op(struct world *world, uint16_t op)
{
	const struct wire_request request = {
		.header = {.op = op, .serial = ++world->serials[ALICE]}};
	struct reply reply;

	reply_init(&reply);
	broker_handle(&world->broker, world->peers[ALICE], &request, &reply);
	ck_assert_uint_eq(reply.wire.header.status, STATUS_UNSUPPORTED);
	ck_assert_uint_eq(reply.wire.header.op, op);
	ck_assert_uint_eq(reply.wire.header.serial, request.header.serial);
	ck_assert(reply.expected);
	reply_deinit(&reply);
}

SCENARIO(an_op_that_the_broker_does_not_know_is_unsupported)
{
	refuse_op(world, 0);
	refuse_op(world, WIRE_OP_LAST + 1);
	refuse_op(world, 999);
	refuse_op(world, UINT16_MAX);
	make_all_calls(world);
}

/* A line in the log is not worth more: without memory there is none, and the next time there is. */
TEST(a_refusal_that_cannot_be_noted_is_not_told)
{
	uint64_t host[RESOURCE_COUNT] = {0};
	struct accounts accounts;
	bool noted;

	accounts_init(&accounts, host);
	failing_plan(1, 0);
	failing_begin(true);
	noted = accounts_note_refusal(&accounts, 1000, 1);
	ck_assert_ptr_nonnull(failing_end());
	ck_assert(!noted);
	ck_assert(accounts_note_refusal(&accounts, 1000, 1));
	ck_assert(!accounts_note_refusal(&accounts, 1000, 1));
	accounts_deinit(&accounts);
}
