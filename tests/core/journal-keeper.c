/* SPDX-License-Identifier: MIT */
/* What is kept, and whether it is enough. */
#include "tests/core/journal-keeper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/succession.h"
#include "tests/core/journal-replayed.h"
#include "tests/lib/testing.h"

static int find(const struct keeper *keeper, uint64_t id)
{
	for (size_t i = 0; i < keeper->count; i++) {
		if (keeper->kept[i].id == id)
			return (int)i;
	}
	return -1;
}

/* A descriptor of its own, as it would come from a keeper. */
static int take(const struct keeper *keeper, uint64_t id)
{
	const int at = find(keeper, id);
	int fd;

	ck_assert_msg(at >= 0, "%s: %ju is not kept, but the journal knows it", keeper->at,
		(uintmax_t)id);
	fd = fcntl(keeper->kept[at].fd, F_DUPFD_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void adopt_segments(const struct keeper *keeper, struct broker *broker)
{
	for (struct segment *at = registry_next(&broker->registry, 0); at;
		at = registry_next(&broker->registry, at->number))
		ck_assert_msg(segment_adopt(at, take(keeper, 2 * at->number)),
			"%s: what is kept is not the memory of segment %ju", keeper->at,
			(uintmax_t)at->number);
}

static void find_sockets(const struct keeper *keeper, struct broker *broker)
{
	for (struct peer *at = peers_next(&broker->peers, 0); at;
		at = peers_next(&broker->peers, at->number)) {
		const int fd = take(keeper, 2 * at->number + 1);
		struct stat st;

		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_uint_eq(st.st_ino, at->inode);
		close(fd);
	}
}

static void adopt_rings(const struct keeper *keeper, struct broker *broker)
{
	for (struct peer *at = peers_next(&broker->peers, 0); at;
		at = peers_next(&broker->peers, at->number))
		ck_assert_msg(at->ring.inode == 0 ||
				      ring_adopt(&at->ring,
					      take(keeper, KEEPER_ID_RING | (2 * at->number + 1))),
			"%s: what is kept is not the ring of peer %ju", keeper->at,
			(uintmax_t)at->number);
}

static unsigned int asked; /* what time it is */

static uint64_t count_asked(void)
{
	asked++;
	return 1;
}

void keeper_replay(struct keeper *keeper, struct broker *out)
{
	struct journal journal;
	struct replay replay;

	ck_assert_int_eq(journal_open(&journal, take(keeper, KEEPER_ID_JOURNAL)), 0);
	replayed_init(out);
	asked = 0;
	out->registry.clock = count_asked;
	replay_journal(out, &journal, &replay);
	ck_assert_msg(asked == 0, "%s: there is a time that the journal does not have", keeper->at);
	ck_assert_msg(
		!replay.problem, "%s: at byte %zu: %s", keeper->at, replay.offset, replay.problem);
	ck_assert_uint_eq(replay.offset, journal.used);
	journal_deinit(&journal);
	adopt_segments(keeper, out);
	find_sockets(keeper, out);
	adopt_rings(keeper, out);
}

/* As if the broker were killed now. Before there is a journal, there is nothing to lose. */
static void look(struct keeper *keeper)
{
	struct broker next;

	if (keeper->is_blind || find(keeper, KEEPER_ID_JOURNAL) < 0)
		return;
	keeper_replay(keeper, &next);
	replayed_discard(&next);
}

static void put(void *data, uint64_t id, int fd)
{
	struct keeper *keeper = data;
	int at = find(keeper, id);

	look(keeper);
	if (at >= 0) {
		close(keeper->kept[at].fd);
	} else {
		ck_assert_uint_lt(keeper->count, KEPT_MAX);
		at = (int)keeper->count++;
	}
	keeper->kept[at].id = id;
	keeper->kept[at].fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	ck_assert_int_ge(keeper->kept[at].fd, 0);
	look(keeper);
}

static void drop(void *data, uint64_t id, uint64_t bytes)
{
	struct keeper *keeper = data;
	const int at = find(keeper, id);

	(void)bytes;
	look(keeper);
	ck_assert_msg(at >= 0, "%s: %ju is dropped, but was not put", keeper->at, (uintmax_t)id);
	close(keeper->kept[at].fd);
	keeper->kept[at] = keeper->kept[--keeper->count];
	look(keeper);
}

struct succession keeper_succession(struct keeper *keeper)
{
	return (struct succession){.put = put, .drop = drop, .data = keeper};
}

void keeper_deinit(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->count; i++)
		close(keeper->kept[i].fd);
	keeper->count = 0;
}

void keeper_assert_nothing_else(const struct keeper *keeper, struct broker *broker)
{
	size_t peers = 0;
	size_t rings = 0;

	for (struct peer *at = peers_next(&broker->peers, 0); at;
		at = peers_next(&broker->peers, at->number)) {
		peers++;
		rings += at->ring.inode != 0;
	}
	ck_assert_msg(keeper->count == broker->registry.count + peers + rings + 1,
		"%s: %zu are kept, of %zu segments, %zu peers, %zu rings and a journal", keeper->at,
		keeper->count, broker->registry.count, peers, rings);
}
