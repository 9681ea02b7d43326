/* SPDX-License-Identifier: MIT */
/* Random lives of a broker, of which the journal forgets nothing. */
#include <stdlib.h>

#include "tests/core/journal-run.h"
#include "tests/lib/testing.h"

/* What a step costs grows with the journal before it. */
#define SEEDS     8
#define STEPS     1500
#define FEW_STEPS 900 /* in the short form */

/* A life in which nothing happens would pass as well. */
static void assert_eventful(const struct run *run)
{
	for (uint16_t op = WIRE_OP_OPEN; op <= WIRE_OP_EXPLAIN; op++)
		ck_assert_msg(run->done[op] > 0, "seed %ju: no %s went well", (uintmax_t)run->seed,
			wire_op_name(op));
	ck_assert_uint_gt(run->failed, run->step / 20);
	ck_assert_uint_gt(run->repeated, run->step / 20);
	ck_assert_uint_gt(run->expired, 0);
	ck_assert_uint_gt(run->restarted, 0);
	ck_assert_uint_gt(run->rung, 0);
	ck_assert_uint_gt(run->parked, 0);
}

static void live(uint64_t seed, bool compacts)
{
	const unsigned int steps = testing_is_long() ? STEPS : FEW_STEPS;
	struct run run;

	run_begin(&run, seed, compacts);
	while (run.step < steps)
		run_step(&run);
	assert_eventful(&run);
	ck_assert_uint_ge(run.rewritten, run.rewrites ? run.step / 100 : 0);
	run_end(&run);
}

TEST_LOOP_LONG(after_each_step_the_journal_knows_all_and_all_it_knows_is_kept, 2, SEEDS)
{
	live((uint64_t)_i + 1, false);
}

TEST_LOOP_LONG(so_it_is_when_snapshots_are_taken_in_between, 2, SEEDS)
{
	live((uint64_t)_i + 101, true);
}
