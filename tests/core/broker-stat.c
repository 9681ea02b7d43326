/* SPDX-License-Identifier: MIT */
/* STAT: what it tells, and to whom. */
#include <unistd.h>

#include "tests/core/world.h"

SCENARIO(stat_tells_what_a_segment_is)
{
	PLAY({CAROL, CREATE("/a", 4097, 0640), OPENED(1, 4097, 0, RW)},
		{CAROL, STAT("/a"), STATED(1, 4097, 1002, 2000, 0640, 1)},
		{BOB, STAT("/a"), STATED(1, 4097, 1002, 2000, 0640, 1)},
		{BOB, OPEN("/a", 0), OPENED(1, 4097, 0, RO)},
		{BOB, OPEN("/a", 0), OPENED(1, 4097, 1, RO)},
		{ROOT, STAT("/a"), STATED(1, 4097, 1002, 2000, 0640, 3)}, {BOB, LEAVES},
		{CAROL, STAT("/a"), STATED(1, 4097, 1002, 2000, 0640, 1)},
		{CAROL, STAT("/b"), FAILS(NOT_FOUND)});
}

SCENARIO(whom_a_segment_is_hidden_from_it_does_not_exist)
{
	PLAY({CAROL, CREATE("/0", 1, 0), OPENED(1, 1, 0, 0)},
		{CAROL, STAT("/0"), STATED(1, 1, 1002, 2000, 0, 1)}, /* one's own is seen */
		{ROOT, STAT("/0"), STATED(1, 1, 1002, 2000, 0, 1)},
		{BOB, STAT("/0"), FAILS(NOT_FOUND)}, {DAVE, STAT("/0"), FAILS(NOT_FOUND)},
		{CAROL, CREATE("/w", 1, 0622), OPENED(2, 1, 1, RW)},
		{DAVE, STAT("/w"), FAILS(NOT_FOUND)},
		{CAROL, CREATE("/o", 1, 0604), OPENED(3, 1, 2, RW)},
		{BOB, STAT("/o"), FAILS(NOT_FOUND)}, /* a member is not "other" */
		{DAVE, STAT("/o"), STATED(3, 1, 1002, 2000, 0604, 1)});
}

static struct wire_stated stat_a(struct world *world)
{
	const struct step step = {ALICE, STAT("/a")};
	struct reply reply;

	ask(world, &step, &reply);
	ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
	return reply.wire.stated;
}

SCENARIO(stat_counts_the_memory_that_is_really_used)
{
	struct wire_stated fresh;
	struct wire_stated touched;

	PLAY({ALICE, CREATE("/a", 1 << 20, 0600), OPENED(1, 1 << 20, 0, RW)});
	fresh = stat_a(world);
	ck_assert_uint_eq(fresh.used, 0);
	ck_assert_int_eq(
		pwrite(registry_find_number(&world->broker.registry, 1)->fd, "x", 1, 0), 1);
	touched = stat_a(world);
	ck_assert_uint_gt(touched.used, 0);
	ck_assert_uint_le(touched.used, 1 << 20);
	ck_assert_uint_eq(touched.created, fresh.created);
}

SCENARIO(stat_tells_when_it_was_opened_last)
{
	const uint64_t second = 1000000000;
	uint64_t created;

	PLAY({ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)});
	created = stat_a(world).created;
	ck_assert_uint_eq(stat_a(world).opened, created);
	PLAY({ALICE, PASSES(7)}, {BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)}, {ALICE, PASSES(5)},
		{BOB, REOPEN(1), REOPENED(1)}, /* holds nothing, opens nothing */
		{BOB, OPEN("/a", 2), FAILS(BAD_SIZE)}, {BOB, CLOSE(0)});
	ck_assert_uint_eq(stat_a(world).opened, created + 7 * second);
	ck_assert_uint_eq(stat_a(world).created, created);
}
