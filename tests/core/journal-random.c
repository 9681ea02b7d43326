/* SPDX-License-Identifier: MIT */
/* Random lives of a broker, of which the journal forgets nothing. */
#include <stdlib.h>

#include "tests/core/journal-run.h"
#include "tests/lib/testing.h"

#define SEEDS 8
#define STEPS 1500

/* A life in which nothing happens would pass as well. */
static void assert_eventful(const struct run *run)
{
	for (uint16_t op = WIRE_OP_OPEN; op <= WIRE_OP_EXPLAIN; op++)
		ck_assert_msg(run->done[op] > 0, "seed %ju: no %s went well",
			(uintmax_t)run->seed, wire_op_name(op));
	ck_assert_uint_gt(run->failed, STEPS / 20);
	ck_assert_uint_gt(run->repeated, STEPS / 20);
	ck_assert_uint_gt(run->expired, 0);
	ck_assert_uint_gt(run->restarted, 0);
	ck_assert_uint_gt(run->rung, 0);
}

static void live(uint64_t seed, bool compacts)
{
	struct run run;

	run_begin(&run, seed, compacts);
	while (run.step < STEPS)
		run_step(&run);
	assert_eventful(&run);
	run_end(&run);
}

TEST_LOOP(after_each_step_the_journal_knows_all_and_all_it_knows_is_kept, SEEDS)
{
	live((uint64_t)_i + 1, false);
}

TEST_LOOP(so_it_is_when_snapshots_are_taken_in_between, SEEDS)
{
	live((uint64_t)_i + 101, true);
}
