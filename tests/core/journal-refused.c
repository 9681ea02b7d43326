/* SPDX-License-Identifier: MIT */
/*
 * For each thing a replay refuses: records that are well up to the last one, and that one, which is
 * not. The state then is that of the others.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/succession.h"
#include "tests/core/journal-replayed.h"
#include "tests/core/journal-state.h"
#include "tests/lib/testing.h"

/* A row overwrites what a record has that is well; clang knows the warning by this name, too. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define RECORDS_MAX 8
#define BEGIN                                                                                      \
	{                                                                                          \
		.kind = RECORD_BEGIN, .begin = {.last_number = 9 }                                 \
	}
#define SEGMENT(id, ...)                                                                           \
	{                                                                                          \
		.kind = RECORD_SEGMENT, .name = "/a", .segment = {                                 \
			.number = (id),                                                            \
			.size = 4096,                                                              \
			.inode = 100,                                                              \
			.mode = 0600,                                                              \
			.lifetime = WIRE_LIFETIME_KEPT,                                            \
			.named = 1,                                                                \
			.name_length = 2,                                                          \
			##__VA_ARGS__                                                              \
		}                                                                                  \
	}
#define SEGMENT_B(id, ...)                                                                         \
	{                                                                                          \
		.kind = RECORD_SEGMENT, .name = "/b", .segment = {                                 \
			.number = (id),                                                            \
			.size = 4096,                                                              \
			.inode = 101,                                                              \
			.mode = 0600,                                                              \
			.lifetime = WIRE_LIFETIME_KEPT,                                            \
			.named = 1,                                                                \
			.name_length = 2,                                                          \
			##__VA_ARGS__                                                              \
		}                                                                                  \
	}
#define ANONYMOUS(id, ...)                                                                         \
	SEGMENT(id, .named = 0, .anonymous = 1, .name_length = 0, .token_high = 1, ##__VA_ARGS__)
#define PEER(id, ...)                                                                              \
	{                                                                                          \
		.kind = RECORD_PEER, .peer = {.number = (id), .uid = 1000, ##__VA_ARGS__ }         \
	}
#define HOLD(who, what, ...)                                                                       \
	{                                                                                          \
		.kind = RECORD_HOLD, .hold = {.peer = (who), .segment = (what), ##__VA_ARGS__ }    \
	}
#define UNNAME(id)                                                                                 \
	{                                                                                          \
		.kind = RECORD_UNNAME, .unname = {.number = (id) }                                 \
	}
#define ENDED(who)                                                                                 \
	{                                                                                          \
		.kind = RECORD_ENDED, .ended = {.peer = (who) }                                    \
	}
#define GONE(who)                                                                                  \
	{                                                                                          \
		.kind = RECORD_GONE, .gone = {.peer = (who) }                                      \
	}
#define CLOSE(who, what)                                                                           \
	{                                                                                          \
		.kind = RECORD_CLOSE, .close = {.peer = (who), .handle = (what) }                  \
	}
#define DONE(who)                                                                                  \
	{                                                                                          \
		.kind = RECORD_DONE, .done = {.peer = (who) }                                      \
	}
#define RING(who, id)                                                                              \
	{                                                                                          \
		.kind = RECORD_RING, .ring = {.peer = (who), .inode = (id) }                       \
	}
#define RELEASED(who, what)                                                                        \
	{                                                                                          \
		.kind = RECORD_RELEASED, .released = {.peer = (who), .handle = (what) }            \
	}
#define SIZE(id, to, ...)                                                                          \
	{                                                                                          \
		.kind = RECORD_SIZE, .size = {.number = (id), .size = (to), ##__VA_ARGS__ }        \
	}
#define EXPIRE(at)                                                                                 \
	{                                                                                          \
		.kind = RECORD_EXPIRE, .expire = {.time = (at) }                                   \
	}

static const struct row {
	const char *problem;
	struct record records[RECORDS_MAX];
} rows[] = {
	{"the first record is not BEGIN, or a later record is", {SEGMENT(1)}},
	{"the first record is not BEGIN, or a later record is", {BEGIN, BEGIN}},
	{"a number of the first record is out of range",
		{{.kind = RECORD_BEGIN, .begin = {.last_number = UINT64_MAX / 4 + 1}}}},
	{"a number of the first record is out of range",
		{{.kind = RECORD_BEGIN, .begin = {.last_peer = UINT64_MAX / 4 + 1}}}},
	{"a segment's number is out of range", {BEGIN, SEGMENT(0)}},
	{"a segment's number is out of range", {BEGIN, SEGMENT(UINT64_MAX / 4 + 1)}},
	{"a segment's size is out of range", {BEGIN, ANONYMOUS(1, .size = 0)}},
	{"a segment's size is out of range", {BEGIN, SEGMENT(1, .size = INT64_MAX + UINT64_C(1))}},
	{"a segment's size is out of range", {BEGIN, SEGMENT(1, .size = INT64_MAX), SEGMENT_B(2)}},
	{"a segment is neither named nor anonymous", {BEGIN, SEGMENT(1, .name_length = 0)}},
	{"a segment is neither named nor anonymous", {BEGIN, SEGMENT(1, .anonymous = 1)}},
	{"a segment is neither named nor anonymous",
		{BEGIN, SEGMENT(1, .anonymous = 1, .named = 0)}},
	{"a segment is neither named nor anonymous", {BEGIN, ANONYMOUS(1, .named = 1)}},
	{"a segment is neither named nor anonymous", {BEGIN, ANONYMOUS(1, .anonymous = 2)}},
	{"a segment is neither named nor anonymous", {BEGIN, SEGMENT(1, .named = 2)}},
	{"two segments have the same name", {BEGIN, SEGMENT(1), SEGMENT(2)}},
	{"two segments have the same token", {BEGIN, ANONYMOUS(1), ANONYMOUS(2)}},
	{"a segment's name is not valid", {BEGIN, SEGMENT(1, .name_length = 1)}},
	{"a segment's lifetime is not valid",
		{BEGIN, SEGMENT(1, .lifetime = WIRE_LIFETIME_DEFAULT)}},
	{"a segment's lifetime is not valid",
		{BEGIN, SEGMENT(1, .lifetime = WIRE_LIFETIME_UNTIL_UNUSED + 1)}},
	{"a segment that does not linger has a deadline", {BEGIN, SEGMENT(1, .deadline = 1)}},
	{"a segment that does not linger has a deadline",
		{BEGIN, SEGMENT(1, .named = 0, .deadline = 1, .linger = 1)}},
	{"a segment's rights are not valid", {BEGIN, SEGMENT(1, .mode = 01000)}},
	{"a segment's rights are not valid", {BEGIN, SEGMENT(1), SEGMENT(1, .mode = 01000)}},
	{"a segment changes its size, its inode or whether it has a name",
		{BEGIN, SEGMENT(1), SEGMENT(1, .size = 1)}},
	{"a segment changes its size, its inode or whether it has a name",
		{BEGIN, SEGMENT(1), SEGMENT(1, .inode = 1)}},
	{"a segment changes its size, its inode or whether it has a name",
		{BEGIN, SEGMENT(1), SEGMENT(1, .named = 0)}},
	{"a segment's new name is not valid", {BEGIN, SEGMENT(1), SEGMENT(1, .name_length = 1)}},
	{"a name is removed that no segment has", {BEGIN, UNNAME(1)}},
	{"a name is removed that no segment has",
		{BEGIN, SEGMENT(1), PEER(8), HOLD(8, 1), UNNAME(1), UNNAME(1)}},
	{"a name is removed that no segment has", {BEGIN, ANONYMOUS(1), UNNAME(1)}},
	{"a connection's number is out of range", {BEGIN, PEER(PEER_FIRST - 1)}},
	{"a connection's number is out of range", {BEGIN, PEER(UINT64_MAX / 4 + 1)}},
	{"two connections have the same number", {BEGIN, PEER(8), PEER(8)}},
	{"a connection has too many handles", {BEGIN, PEER(8, .handles = PEER_HANDLES_MAX + 1)}},
	{"an unknown connection ends", {BEGIN, PEER(8), ENDED(9)}},
	{"an unknown connection is removed", {BEGIN, PEER(8), GONE(8), GONE(8)}},
	{"a handle is of an unknown connection or segment", {BEGIN, SEGMENT(1), HOLD(8, 1)}},
	{"a handle is of an unknown connection or segment", {BEGIN, PEER(8), HOLD(8, 1)}},
	{"a handle is of an unknown connection or segment",
		{BEGIN, SEGMENT(1), PEER(8), ENDED(8), HOLD(8, 1)}},
	{"a handle is of an unknown connection or segment",
		{BEGIN, SEGMENT(1), PEER(8), UNNAME(1), HOLD(8, 1)}},
	{"a handle is opened twice, or has unknown rights",
		{BEGIN, SEGMENT(1), PEER(8), HOLD(8, 1), HOLD(8, 1)}},
	{"a handle is opened twice, or has unknown rights",
		{BEGIN, SEGMENT(1), PEER(8), HOLD(8, 1, .access = WIRE_DELETE)}},
	{"a handle's number is too large",
		{BEGIN, SEGMENT(1), PEER(8), HOLD(8, 1, .handle = PEER_HANDLES_MAX)}},
	{"an unknown connection closes a handle", {BEGIN, CLOSE(8, 0)}},
	{"a handle is closed that is not open", {BEGIN, PEER(8, .handles = 1), CLOSE(8, 0)}},
	{"a handle is closed that is not open", {BEGIN, PEER(8), CLOSE(8, 0)}},
	{"a handle is closed that is not open",
		{BEGIN, SEGMENT(1), PEER(8), HOLD(8, 1), CLOSE(8, 0), CLOSE(8, 0)}},
	{"a request is of an unknown connection", {BEGIN, DONE(8)}},
	{"a ring is of an unknown connection", {BEGIN, RING(8, 1)}},
	{"a ring is of an unknown connection", {BEGIN, PEER(8), ENDED(8), RING(8, 1)}},
	{"a ring has no inode, or a connection gets another ring", {BEGIN, PEER(8), RING(8, 0)}},
	{"what is released is not free", {BEGIN, RELEASED(8, 0)}},
	{"what is released is not free", {BEGIN, PEER(8), RELEASED(8, 0)}},
	{"what is released is not free", {BEGIN, PEER(8), SEGMENT(1), HOLD(8, 1), RELEASED(8, 0)}},
	{"what is released is not free",
		{BEGIN, PEER(8, .handles = 1), RELEASED(8, 0), RELEASED(8, 0)}},
	{"a ring has no inode, or a connection gets another ring",
		{BEGIN, PEER(8), RING(8, 1), RING(8, 2)}},
	/* The deadline would be before that time, at 0 even: that is none. */
	{"a time is out of range",
		{BEGIN, SEGMENT(1, .linger = 1), PEER(8), HOLD(8, 1),
			{.kind = RECORD_CLOSE,
				.close = {.peer = 8, .time = -UINT64_C(1000000000)}}}},
	{"a time is out of range",
		{BEGIN, SEGMENT(1, .linger = 1), PEER(8), HOLD(8, 1),
			{.kind = RECORD_ENDED,
				.ended = {.peer = 8, .time = -UINT64_C(1000000000)}}}},
	{"a time is out of range",
		{BEGIN, SEGMENT(1, .linger = 1), PEER(8), HOLD(8, 1),
			{.kind = RECORD_GONE, .gone = {.peer = 8, .time = -UINT64_C(1000000000)}}}},
	{"a time is out of range", {BEGIN, EXPIRE(UINT64_MAX)}},
	{"what is sized is not there", {BEGIN, SIZE(1, 1)}},
	{"what is sized is not there", {BEGIN, ANONYMOUS(1), SIZE(1, 1)}},
	{"a size, or how it is fixed, is out of range",
		{BEGIN, SEGMENT(1), SIZE(1, INT64_MAX + UINT64_C(1))}},
	{"a size, or how it is fixed, is out of range",
		{BEGIN, SEGMENT(1), SIZE(1, 1, .sealing = SPOILED + 1)}},
	{"a size, or how it is fixed, is out of range",
		{BEGIN, SEGMENT(1), SIZE(1, 1, .opened_early = 2)}},
};

#define ROWS ((int)(sizeof(rows) / sizeof(*rows)))

static size_t count_records(const struct row *row)
{
	size_t count = 0;

	while (count < RECORDS_MAX && row->records[count].kind != 0)
		count++;
	return count;
}

static const char *replay_first(
	const struct row *row, size_t count, struct broker *broker, struct replay *replay)
{
	struct journal journal;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	for (size_t i = 0; i < count; i++)
		journal_append(&journal, &row->records[i]);
	journal_commit(&journal);
	replayed_init(broker);
	replay_journal(broker, &journal, replay);
	journal_deinit(&journal);
	return replayed_broken(broker);
}

TEST_LOOP(a_record_that_cannot_be_is_refused_and_nothing_of_it_is_done, ROWS)
{
	const struct row *row = &rows[_i];
	const size_t count = count_records(row);
	struct broker broker, before;
	struct replay replay, good;
	const char *broken = replay_first(row, count, &broker, &replay);

	ck_assert_msg(!broken, "row %d: %s", _i, broken);
	ck_assert_msg(replay.problem, "row %d: %s: it is not refused", _i, row->problem);
	ck_assert_str_eq(replay.problem, row->problem);
	ck_assert_uint_eq(replay.records, count - 1);
	ck_assert_ptr_null(replay_first(row, count - 1, &before, &good));
	ck_assert_msg(!good.problem, "row %d: %s", _i, good.problem);
	broken = state_difference(&before, &broker);
	ck_assert_msg(!broken, "row %d: %s", _i, broken);
	replayed_discard(&before);
	replayed_discard(&broker);
}

/* But one: of a kind that is not known journal_read makes no record. */
static bool is_in_rows(const char *problem, size_t length)
{
	if (strncmp(problem, "the kind of a record is unknown", length) == 0)
		return true;
	for (size_t i = 0; i < (size_t)ROWS; i++) {
		if (strlen(rows[i].problem) == length &&
			memcmp(rows[i].problem, problem, length) == 0)
			return true;
	}
	return false;
}

/* How many refusals the source has. */
static unsigned int check_source(const char *source)
{
	static const char begin[] = "return \"";
	const char *srcdir = getenv("top_srcdir");
	char line[4096];
	unsigned int found = 0;
	FILE *file;

	snprintf(line, sizeof(line), "%s/daemon/core/%s", srcdir ? srcdir : ".", source);
	file = fopen(line, "r");
	ck_assert_msg(file, "%s: cannot be read", line);
	while (fgets(line, sizeof(line), file)) {
		const char *problem = strstr(line, begin);
		size_t length;

		if (!problem)
			continue;
		problem += strlen(begin);
		length = strcspn(problem, "\"");
		ck_assert_msg(is_in_rows(problem, length), "no row for: %s", problem);
		found++;
	}
	fclose(file);
	return found;
}

TEST(each_refusal_of_the_source_has_a_row)
{
	ck_assert_uint_gt(check_source("replay.c"), 5);
	ck_assert_uint_gt(check_source("replay-segment.c"), 5);
}
