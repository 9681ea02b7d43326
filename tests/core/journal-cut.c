/* SPDX-License-Identifier: MIT */
/* A journal that is damaged says all that comes before the damage, and that it is damaged. */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/core/journal-replayed.h"
#include "tests/core/journal-run.h"
#include "tests/core/journal-state.h"
#include "tests/lib/testing.h"

#define HEADER    24 /* bytes: magic, version, committed */
#define COMMITTED 16 /* at this one */
#define STEPS     80
#define STRIDE    (testing_is_long() ? 1 : 7) /* bytes, from one damage to the next */

/* A copy of the journal of such a life, to be damaged. */
struct copy {
	int fd;
	uint8_t *bytes;
	size_t used;
};

static void make_copy(struct copy *copy, uint64_t seed)
{
	struct run run;

	run_begin(&run, seed, false);
	run.keeper.is_blind = true;
	while (run.step < STEPS)
		run_step(&run);
	copy->used = run.broker->journal.used;
	copy->fd = memfd_create("copy", MFD_CLOEXEC);
	ck_assert_int_ge(copy->fd, 0);
	ck_assert_int_eq(ftruncate(copy->fd, (off_t)copy->used), 0);
	copy->bytes = mmap(NULL, copy->used, PROT_READ | PROT_WRITE, MAP_SHARED, copy->fd, 0);
	ck_assert(copy->bytes != MAP_FAILED);
	memcpy(copy->bytes, run.broker->journal.bytes, copy->used);
	run_end(&run);
}

/* The next border; a bit for the kind of the record before it. */
static size_t find_border(const struct copy *copy, size_t border, uint32_t *kinds)
{
	uint32_t words[3]; /* checksum, length, kind */

	memcpy(words, copy->bytes + border, sizeof(words));
	*kinds |= 1U << le32toh(words[2]);
	return border + le32toh(words[1]);
}

static void remove_copy(struct copy *copy)
{
	munmap(copy->bytes, copy->used);
	close(copy->fd);
}

/* Of the first life whose journal has all kinds of records. */
static void find_copy(struct copy *copy)
{
	const uint32_t wanted = ((2U << RECORD_EXPIRE) - 2) | 1U << RECORD_SIZE;

	for (uint64_t seed = 1; seed < 1000; seed++) {
		uint32_t kinds = 0;
		size_t border = HEADER;

		make_copy(copy, seed);
		while (border < copy->used)
			border = find_border(copy, border, &kinds);
		ck_assert_uint_eq(border, copy->used);
		if ((kinds & wanted) == wanted)
			return;
		remove_copy(copy);
	}
	ck_abort_msg("no journal has all kinds of records");
}

static int open_copy(const struct copy *copy, struct journal *journal)
{
	return journal_open(journal, fcntl(copy->fd, F_DUPFD_CLOEXEC, 0));
}

static void commit(struct copy *copy, uint64_t committed)
{
	committed = htole64(committed);
	memcpy(copy->bytes + COMMITTED, &committed, sizeof(committed));
}

/* Replays it as far as that goes; NULL, or what is broken then. */
static const char *replay_copy(
	const struct copy *copy, struct broker *broker, struct replay *replay)
{
	struct journal journal;

	ck_assert_int_eq(open_copy(copy, &journal), 0);
	replayed_init(broker);
	replay_journal(broker, &journal, replay);
	journal_deinit(&journal);
	return replayed_broken(broker);
}

/* The state after so many bytes, which end with a whole record. */
static void replay_up_to(struct copy *copy, struct broker *broker, size_t border)
{
	struct replay replay;
	const char *broken;

	commit(copy, border);
	broken = replay_copy(copy, broker, &replay);
	ck_assert_msg(!broken, "up to byte %zu: %s", border, broken);
	ck_assert_msg(!replay.problem, "up to byte %zu: %s", border, replay.problem);
}

/* With damage in the record at border: all before it is told, and that there is damage. */
static void assert_stops(const struct copy *copy, struct broker *before, size_t border, size_t byte)
{
	const char *broken;
	const char *difference;
	struct broker broker;
	struct replay replay;

	broken = replay_copy(copy, &broker, &replay);
	ck_assert_msg(!broken, "damaged at byte %zu: %s", byte, broken);
	ck_assert_msg(replay.problem, "damaged at byte %zu: nobody sees it", byte);
	ck_assert_uint_eq(replay.offset, border == HEADER ? 0 : border);
	difference = state_difference(before, &broker);
	ck_assert_msg(!difference, "damaged at byte %zu: %s", byte, difference);
	replayed_discard(&broker);
}

static void cut_record(struct copy *copy, struct broker *before, size_t from, size_t to)
{
	for (size_t end = from + 1; end < to; end += STRIDE) {
		commit(copy, end);
		assert_stops(copy, before, from, end);
	}
}

static void flip_record(struct copy *copy, struct broker *before, size_t from, size_t to)
{
	commit(copy, copy->used);
	for (size_t at = from; at < to; at += STRIDE) {
		copy->bytes[at] ^= (uint8_t)(1U << at % 8);
		assert_stops(copy, before, from, at);
		copy->bytes[at] ^= (uint8_t)(1U << at % 8);
	}
}

/* Once for each record. */
static void damage(
	void (*damage_record)(struct copy *copy, struct broker *before, size_t from, size_t to))
{
	size_t border = HEADER;
	uint32_t kinds = 0;
	struct copy copy;

	find_copy(&copy);
	while (border < copy.used) {
		const size_t next = find_border(&copy, border, &kinds);
		struct broker before;

		replay_up_to(&copy, &before, border);
		damage_record(&copy, &before, border, next);
		replayed_discard(&before);
		border = next;
	}
	remove_copy(&copy);
}

TEST(cut_at_any_byte_it_gives_the_state_after_its_last_whole_record)
{
	damage(cut_record);
}

TEST(with_any_byte_changed_it_gives_the_state_before_that_record)
{
	damage(flip_record);
}

/* As it would be if the keeper had a file that somebody has cut. */
TEST(a_file_shorter_than_what_it_says_is_no_journal)
{
	struct journal journal;
	struct copy copy;

	find_copy(&copy);
	munmap(copy.bytes, copy.used);
	while (copy.used > 0) {
		copy.used = copy.used > 2 * HEADER ? copy.used / 2 : copy.used - 1;
		ck_assert_int_eq(ftruncate(copy.fd, (off_t)copy.used), 0);
		ck_assert_int_eq(open_copy(&copy, &journal), -EBADMSG);
	}
	close(copy.fd);
}
