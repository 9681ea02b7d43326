/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the replay: an input is a journal (make-journal.h). Whatever it is, the state is valid
 * where the replay stops; and a snapshot of that state, replayed, is that state.
 */
#include <stdlib.h>

#include "daemon/core/succession.h"
#include "fuzz/demand.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/make-journal.h"
#include "tests/core/journal-replayed.h"
#include "tests/core/journal-state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_broken(struct broker *broker)
{
	const char *broken = replayed_broken(broker);

	demand(!broken, broken);
}

static void check_snapshot(struct broker *broker)
{
	const struct succession nobody = {0};
	const char *difference;
	struct broker next;
	struct replay replay;

	demand(succession_begin(broker, &nobody) == 0, "no snapshot can be made");
	replayed_init(&next);
	replay_journal(&next, &broker->journal, &replay);
	demand(!replay.problem, replay.problem);
	difference = state_difference(broker, &next);
	demand(!difference, difference);
	check_broken(&next);
	replayed_discard(&next);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = {bytes, length};
	struct journal journal;
	struct broker broker;
	struct replay replay;

	fake_reset();
	if (!make_journal(&input, &journal))
		return 0;
	replayed_init(&broker);
	replay_journal(&broker, &journal, &replay);
	demand(replay.problem || replay.offset == journal.used || replay.offset == 0,
		"a replay ends before the end");
	check_broken(&broker);
	check_snapshot(&broker);
	replayed_discard(&broker);
	journal_deinit(&journal);
	return 0;
}
