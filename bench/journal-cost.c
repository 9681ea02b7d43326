/* SPDX-License-Identifier: MIT */
/* The journal in this very process: what an open and its close write. */
#include "bench/journal-cost.h"
#include "bench/statistics.h"
#include "daemon/core/journal.h"

#define ROUNDS   101
#define REQUESTS 2000U /* a round: each a hold, a close, and what became of it */
#define TOGETHER 3

static size_t request_size(const struct record records[TOGETHER])
{
	size_t size = 0;

	for (unsigned int i = 0; i < TOGETHER; i++)
		size += journal_record_size(&records[i]);
	return size;
}

/* In a new one each time, as it is after a compaction. */
static bool run_round(const struct record records[TOGETHER], double *nanoseconds)
{
	const size_t size = request_size(records);
	struct journal journal;
	bool ok = true;
	double begin;

	if (journal_new(&journal, 0) < 0)
		return false;
	begin = now_us();
	for (unsigned int i = 0; ok && i < REQUESTS; i++) {
		ok = journal_reserve(&journal, size);
		for (unsigned int record = 0; ok && record < TOGETHER; record++)
			journal_append(&journal, &records[record]);
		journal_commit(&journal);
	}
	*nanoseconds = (now_us() - begin) * 1000 / (REQUESTS * TOGETHER);
	journal_deinit(&journal);
	return ok;
}

double journal_cost_measure(void)
{
	static const struct record records[TOGETHER] = {
		{.kind = RECORD_HOLD, .hold = {.peer = 17, .segment = 16, .handle = 3}},
		{.kind = RECORD_CLOSE, .close = {.peer = 17, .handle = 3}},
		{.kind = RECORD_DONE, .done = {.peer = 17, .serial = 40001, .handle = 3}},
	};
	double rounds[ROUNDS];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		if (!run_round(records, &rounds[round]))
			return 0;
	}
	return quantile(rounds, ROUNDS, 0.5);
}
