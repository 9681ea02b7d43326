/* SPDX-License-Identifier: MIT */
/* The journal in this very process: what an open and its close write. */
#include "bench/journal-cost.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/statistics.h"
#include "daemon/core/crc32c.h"
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

/* Nothing that keeps a record, and finds out whether it is whole, does less. */
static bool copy_round(const struct record records[TOGETHER], double *nanoseconds)
{
	static const uint8_t source[256];
	const size_t room = request_size(records) * REQUESTS;
	const int fd = memfd_create("bench", MFD_CLOEXEC);
	uint8_t *bytes = MAP_FAILED;
	uint32_t sum = 0;
	double begin;

	if (fd >= 0 && ftruncate(fd, (off_t)room) == 0)
		bytes = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bytes != MAP_FAILED) {
		begin = now_us();
		for (size_t at = 0, i = 0; at < room; i++) {
			const size_t size = journal_record_size(&records[i % TOGETHER]);

			memcpy(bytes + at, source, size);
			sum = crc32c(bytes + at + sizeof(sum), size - sizeof(sum));
			memcpy(bytes + at, &sum, sizeof(sum));
			at += size;
		}
		*nanoseconds = (now_us() - begin) * 1000 / (REQUESTS * TOGETHER);
		munmap(bytes, room);
	}
	if (fd >= 0)
		close(fd);
	return bytes != MAP_FAILED;
}

double journal_cost_measure(double *ratio)
{
	static const struct record records[TOGETHER] = {
		{.kind = RECORD_HOLD, .hold = {.peer = 17, .segment = 16, .handle = 3}},
		{.kind = RECORD_CLOSE, .close = {.peer = 17, .handle = 3}},
		{.kind = RECORD_DONE, .done = {.peer = 17, .serial = 40001, .handle = 3}},
	};
	double rounds[ROUNDS];
	double ratios[ROUNDS];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		double copy;

		if (!run_round(records, &rounds[round]) || !copy_round(records, &copy))
			return 0;
		ratios[round] = rounds[round] / copy;
	}
	*ratio = quantile(ratios, ROUNDS, 0.5);
	return quantile(rounds, ROUNDS, 0.5);
}
