/* SPDX-License-Identifier: MIT */
/* No memory: for the journal to grow, for a new one, and for what is replayed. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"
#include "daemon/core/succession.h"
#include "tests/core/failing.h"
#include "tests/core/journal-replayed.h"
#include "tests/core/journal-run.h"
#include "tests/core/journal-state.h"
#include "tests/lib/testing.h"

#define TOO_SMALL (128 * 1024) /* bytes, for any journal */

/*
 * A limit on the size of files is one for memfds, too. Segments of a page go on; and so does check,
 * which writes each assertion that was met to a file, if they are not too many.
 */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

struct full {
	struct broker broker;
	struct keeper keeper;
	struct peer *peers[2];
	int fds[2]; /* as if sockets */
	uint32_t serial;
};

static enum status add_peer(struct full *full, size_t index)
{
	const struct credentials root = {.pid = 1};
	struct refusal why;

	return broker_add_peer(&full->broker, &root, full->fds[index], &full->peers[index], &why);
}

static uint16_t ask(struct full *full, size_t index, uint16_t op, const struct wire_request *what)
{
	struct wire_request request = *what;
	struct reply reply;
	uint16_t status;

	request.header = (struct wire_header){.op = op, .serial = ++full->serial};
	request.name = "/a";
	request.name_length = 2;
	reply_init(&reply);
	broker_handle(&full->broker, full->peers[index], &request, &reply);
	status = reply.wire.header.status;
	reply_deinit(&reply);
	return status;
}

static uint16_t set_rights(struct full *full, uint32_t mode)
{
	uint8_t entries[WIRE_ENTRIES_MAX * WIRE_SIZE_entry];

	for (uint32_t i = 0; i < WIRE_ENTRIES_MAX; i++)
		wire_put_right(entries, i, &(struct wire_entry){.id = i, .kind = WIRE_ENTRY_USER});
	return ask(full, 0, WIRE_OP_SET_RIGHTS,
		&(struct wire_request){
			.set_rights = {.mode = mode, .entry_count = WIRE_ENTRIES_MAX},
			.entries = entries,
			.entry_count = WIRE_ENTRIES_MAX,
		});
}

static uint16_t open_segment(struct full *full, size_t index)
{
	return ask(full, index, WIRE_OP_OPEN,
		&(struct wire_request){
			.open = {.size = 4096, .flags = WIRE_OPEN_CREATE, .mode = 0600},
		});
}

/* Two peers hold "/a", and the journal cannot take one change more. */
static void set_up(struct full *full)
{
	const struct succession succession = keeper_succession(&full->keeper);
	int changes = 0;

	*full = (struct full){.keeper = {.at = "full"}};
	replayed_init(&full->broker);
	ck_assert_int_eq(succession_begin(&full->broker, &succession), 0);
	for (size_t i = 0; i < 2; i++) {
		full->fds[i] = memfd_create("as a socket", MFD_CLOEXEC);
		ck_assert_int_eq(add_peer(full, i), STATUS_OK);
		ck_assert_uint_eq(open_segment(full, i), STATUS_OK);
	}
	limit_files(TOO_SMALL);
	while (changes < 10000 && set_rights(full, 0640) == STATUS_OK)
		changes++;
	ck_assert_int_lt(changes, 10000);
	ck_assert(!full->broker.journal.overrun);
}

static void tear_down(struct full *full)
{
	succession_end(&full->broker);
	replayed_discard(&full->broker);
	keeper_deinit(&full->keeper);
	close(full->fds[0]);
	close(full->fds[1]);
}

static void assert_known(struct full *full)
{
	struct broker next;
	const char *difference;

	keeper_replay(&full->keeper, &next);
	difference = state_difference(&full->broker, &next);
	ck_assert_msg(!difference, "%s", difference);
	replayed_discard(&next);
}

/* What there is no room for is not written down, not even that it was refused. */
static void assert_known_but_for_refusals(struct full *full)
{
	const struct peer *peer = NULL;
	struct broker next;
	const char *difference;

	keeper_replay(&full->keeper, &next);
	while ((peer = peers_next(&full->broker.peers, peer ? peer->number : 0)))
		peers_find(&next.peers, peer->number)->last = peer->last;
	difference = state_difference(&full->broker, &next);
	ck_assert_msg(!difference, "%s", difference);
	replayed_discard(&next);
}

TEST(a_full_journal_refuses_what_changes_and_nothing_has_changed)
{
	static const uint16_t ops[] = {
		WIRE_OP_OPEN, WIRE_OP_DELETE, WIRE_OP_ANONYMOUS, WIRE_OP_REDEEM, WIRE_OP_SET_OWNER};
	const struct segment *segment;
	struct full full;

	set_up(&full);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		ck_assert_uint_eq(
			ask(&full, 0, ops[i], &(struct wire_request){0}), STATUS_NO_MEMORY);
	ck_assert_uint_eq(set_rights(&full, 0666), STATUS_NO_MEMORY);
	ck_assert_int_eq(add_peer(&full, 0), STATUS_NO_MEMORY);
	segment = registry_find(&full.broker.registry, "/a", 2);
	ck_assert_uint_eq(segment->rights.mode, 0640);
	ck_assert_uint_eq(segment->rights.uid, 0);
	ck_assert_uint_eq(segment->holder_count, 2);
	ck_assert_uint_eq(full.broker.registry.count, 1);
	assert_known_but_for_refusals(&full);
	tear_down(&full);
}

TEST(a_full_journal_takes_ends_and_closes)
{
	struct full full;

	set_up(&full);
	ask(&full, 0, WIRE_OP_CLOSE, &(struct wire_request){.close = {.handle = 0}});
	assert_known(&full);
	ck_assert_uint_eq(registry_find(&full.broker.registry, "/a", 2)->holder_count, 1);
	broker_end_peer(&full.broker, full.peers[1]);
	assert_known(&full);
	broker_remove_peer(&full.broker, full.peers[1]);
	assert_known(&full);
	ck_assert_uint_eq(registry_find(&full.broker.registry, "/a", 2)->holder_count, 0);
	broker_expire(&full.broker);
	assert_known(&full);
	limit_files(RLIM_INFINITY);
	ck_assert_uint_eq(set_rights(&full, 0666), STATUS_OK);
	assert_known(&full);
	tear_down(&full);
}

/* A record that follows one that is missing could not be, or would be another's. */
TEST(a_journal_that_lacks_a_record_takes_no_more_and_is_replaced_when_it_can_be)
{
	struct full full;
	size_t used;

	set_up(&full);
	for (int closes = 0; closes < 10000 && !full.broker.journal.overrun; closes++)
		ask(&full, 0, WIRE_OP_CLOSE, &(struct wire_request){.close = {.handle = 99}});
	ck_assert(full.broker.journal.overrun);
	used = full.broker.journal.used;
	ask(&full, 0, WIRE_OP_CLOSE, &(struct wire_request){.close = {.handle = 0}});
	broker_expire(&full.broker);
	broker_end_peer(&full.broker, full.peers[1]);
	ck_assert_uint_eq(full.broker.journal.used, used);
	ck_assert_uint_eq(registry_find(&full.broker.registry, "/a", 2)->holder_count, 0);
	limit_files(RLIM_INFINITY);
	ask(&full, 0, WIRE_OP_STAT, &(struct wire_request){0});
	ck_assert(full.broker.journal.overrun); /* it is not tried again at once */
	full.broker.registry.now += 2 * UINT64_C(1000000000);
	ask(&full, 0, WIRE_OP_STAT, &(struct wire_request){0});
	ck_assert(!full.broker.journal.overrun);
	assert_known(&full);
	ck_assert_uint_eq(set_rights(&full, 0666), STATUS_OK);
	assert_known(&full);
	tear_down(&full);
}

TEST(a_journal_that_cannot_be_made_leaves_nothing)
{
	struct journal journal;
	unsigned int failed = 0;
	int error = 0;

	for (unsigned int nth = 1; nth == failed + 1; nth++) {
		failing_plan(nth, 0);
		failing_begin(true);
		error = journal_new(&journal, 0);
		failed += failing_end() != NULL;
		ck_assert_int_eq(error < 0, nth == failed);
	}
	ck_assert_uint_eq(failed, 4);
	journal_deinit(&journal);
	limit_files(TOO_SMALL);
	ck_assert_int_eq(journal_new(&journal, 0), -EFBIG);
}

TEST(a_journal_that_cannot_grow_stays_as_it_was)
{
	const size_t wanted = 1 << 20;
	struct journal journal;
	unsigned int failed = 0;
	bool grown = false;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	for (unsigned int nth = 1; nth == failed + 1; nth++) {
		const struct journal before = journal;

		failing_plan(nth, 0);
		failing_begin(true);
		grown = journal_reserve(&journal, wanted);
		failed += failing_end() != NULL;
		ck_assert(grown == (nth != failed));
		ck_assert(grown || memcmp(&journal, &before, sizeof(journal)) == 0);
	}
	ck_assert_uint_eq(failed, 2);
	journal_deinit(&journal);
}

/* Whatever it was that could not be had. */
TEST(without_memory_a_replay_stops_in_a_valid_state)
{
	unsigned int failed = 0;
	struct run run;

	run_begin(&run, 3, false);
	while (run.step < 100)
		run_step(&run);
	for (unsigned int nth = 1; nth == failed + 1; nth++) {
		struct broker broker;
		struct replay replay;
		const char *broken;

		replayed_init(&broker);
		failing_plan(nth, 0);
		failing_begin(true);
		replay_journal(&broker, &run.broker->journal, &replay);
		failed += failing_end() != NULL;
		ck_assert_msg((replay.problem != NULL) == (nth == failed), "allocation %u", nth);
		broken = replayed_broken(&broker);
		ck_assert_msg(!broken, "allocation %u: %s", nth, broken);
		replayed_discard(&broker);
	}
	ck_assert_uint_gt(failed, 15);
	run_end(&run);
}
