/* SPDX-License-Identifier: MIT */
/*
 * A large journal is replaced by a snapshot that a thread writes; journal-run.c has random lives of
 * that.
 */
#include <check.h>
#include <stdio.h>

#include "daemon/core/journal-write.h"
#include "daemon/core/replay.h"
#include "daemon/core/rewrite.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/succession.h"
#include "tests/core/journal-replayed.h"
#include "tests/core/journal-state.h"
#include "tests/lib/testing.h"

#define SEGMENTS 1000

static struct {
	void (*work)(void *of);
	void *of;
} task; /* the thread's, which begins when the test says so */

static bool hold_back(void (*work)(void *of), void *of)
{
	ck_assert_ptr_null(task.work);
	task.work = work;
	task.of = of;
	return true;
}

static void work(void)
{
	void (*const held_back)(void *of) = task.work;

	ck_assert_ptr_nonnull(held_back);
	task.work = NULL;
	held_back(task.of);
}

static void add_segment(struct broker *broker, struct account *account, uint64_t number)
{
	uint8_t entries[WIRE_ENTRIES_MAX * WIRE_SIZE_entry];
	struct segment *segment;
	char name[32];
	int length = snprintf(name, sizeof(name), "/%ju", (uintmax_t)number);

	for (uint32_t i = 0; i < WIRE_ENTRIES_MAX; i++)
		wire_put_right(entries, i, &(struct wire_entry){.id = i, .kind = WIRE_ENTRY_USER});
	segment = segment_restore(name, (size_t)length, 4096, number);
	ck_assert_ptr_nonnull(segment);
	ck_assert_int_eq(rights_take(&segment->rights, 0600, entries, WIRE_ENTRIES_MAX), STATUS_OK);
	segment_restore_charges(segment, account);
	segment->number = number;
	segment->lifetime = WIRE_LIFETIME_KEPT;
	registry_restore(&broker->registry, segment, true);
}

/* A broker whose journal is due. */
static void set_up(struct broker *broker)
{
	const struct succession succession = {.run = hold_back};
	struct account *account;

	replayed_init(broker);
	account = account_get(&broker->accounts, 1000);
	ck_assert_ptr_nonnull(account);
	for (uint64_t number = 1; number <= SEGMENTS; number++)
		add_segment(broker, account, number);
	account_unref(account);
	ck_assert_int_eq(succession_begin(broker, &succession), 0);
	broker->compact_at = broker->journal.used;
}

static void change(struct broker *broker, uint64_t number, uint32_t mode)
{
	struct segment *segment = registry_find_number(&broker->registry, number);

	ck_assert(succession_make_room(broker));
	segment->rights.mode = mode;
	journal_write_segment(broker, segment);
	succession_commit(broker);
	rewrite_tend(broker);
}

static void tear_down(struct broker *broker)
{
	struct broker next;
	struct replay replay;
	const char *difference;

	replayed_init(&next);
	replay_journal(&next, &broker->journal, &replay);
	ck_assert_ptr_null(replay.problem);
	difference = state_difference(broker, &next);
	ck_assert_msg(!difference, "%s", difference);
	replayed_discard(&next);
	rewrite_end(broker);
	if (task.work)
		work();
	replayed_discard(broker);
}

/* A record takes as long as a request, and a snapshot has thousands of them. */
TEST(the_event_loop_writes_no_snapshot_of_a_large_state)
{
	const struct counters *counters;
	struct broker broker;
	uint64_t records;
	uint64_t inode;

	set_up(&broker);
	counters = &broker.counters;
	records = counters->records;
	inode = broker.journal.inode;
	change(&broker, 1, 0644); /* the thread begins */
	ck_assert_ptr_nonnull(task.work);
	change(&broker, 2, 0644); /* the thread has not got far */
	ck_assert_uint_eq(counters->compactions, 1);
	work();
	ck_assert_uint_eq(broker.journal.inode, inode);
	change(&broker, 3, 0644); /* the new journal counts */
	ck_assert_uint_ne(broker.journal.inode, inode);
	ck_assert_uint_eq(counters->compactions, 2);
	change(&broker, 4, 0644);
	ck_assert_uint_eq(counters->records, records + 4);
	work(); /* frees the old one */
	tear_down(&broker);
}

TEST(what_was_appended_meanwhile_is_copied_by_the_thread_if_it_is_much)
{
	struct broker broker;
	size_t begun;

	set_up(&broker);
	change(&broker, 1, 0644);
	begun = broker.journal.used;
	work();
	while (broker.journal.used <= begun + REWRITE_REST) {
		succession_make_room(&broker);
		journal_write_segment(&broker, registry_find_number(&broker.registry, 2));
		succession_commit(&broker);
	}
	rewrite_tend(&broker);
	ck_assert_uint_eq(broker.counters.compactions, 1); /* it is the thread's turn again */
	work();
	change(&broker, 3, 0600);
	ck_assert_uint_eq(broker.counters.compactions, 2);
	work();
	tear_down(&broker);
}

static bool refuse(void (*work_of)(void *of), void *of)
{
	(void)work_of;
	(void)of;
	return false;
}

TEST(without_a_thread_the_journal_is_replaced_all_the_same)
{
	struct broker broker;

	set_up(&broker);
	broker.succession.run = refuse;
	change(&broker, 1, 0644);
	ck_assert_uint_eq(broker.counters.compactions, 2);
	tear_down(&broker);
}

TEST(a_rewrite_that_is_abandoned_frees_all_when_its_thread_is_done)
{
	struct broker broker;

	set_up(&broker);
	change(&broker, 1, 0644);
	ck_assert_int_eq(succession_compact(&broker), 0); /* as where the old one cannot grow */
	change(&broker, 2, 0644);
	ck_assert_ptr_null(broker.rewrite);
	work();
	ck_assert_uint_eq(broker.counters.compactions, 2);
	tear_down(&broker);
}
