/* SPDX-License-Identifier: MIT */
/* Hands descriptors to the keeper, and replaces the journal by a snapshot when that is worth it. */
#include "daemon/core/succession.h"

#include "daemon/core/journal-write.h"

/*
 * Up to this many bytes, a journal is not replaced by a snapshot, however little of it is still
 * true.
 */
#define COMPACT_MIN ((size_t)1 << 20)

#define COMPACT_PAUSE UINT64_C(1000000000) /* nanoseconds, after a snapshot that found no memory */

static uint64_t id_of_segment(const struct segment *segment)
{
	return 2 * segment->number;
}

static uint64_t id_of_peer(const struct peer *peer)
{
	return 2 * peer->number + 1;
}

static uint64_t id_of_ring(const struct peer *peer)
{
	return KEEPER_ID_RING | id_of_peer(peer);
}

struct segment *succession_find_segment(struct broker *broker, uint64_t id)
{
	return id % 2 == 0 ? registry_find_number(&broker->registry, id / 2) : NULL;
}

struct peer *succession_find_peer(struct broker *broker, uint64_t id)
{
	return id % 2 == 1 ? peers_find(&broker->peers, id / 2) : NULL;
}

struct peer *succession_find_ring(struct broker *broker, uint64_t id)
{
	return id & KEEPER_ID_RING ? succession_find_peer(broker, id & ~KEEPER_ID_RING) : NULL;
}

/* One after the other. last: NULL: the first one. Returns NULL at the end. */
static struct segment *next_segment(struct broker *broker, const struct segment *last)
{
	return registry_next(&broker->registry, last ? last->number : 0);
}

static struct peer *next_peer(struct broker *broker, const struct peer *last)
{
	return peers_next(&broker->peers, last ? last->number : 0);
}

static void put(const struct broker *broker, uint64_t id, int fd)
{
	if (broker->succession.put && fd >= 0)
		broker->succession.put(broker->succession.data, id, fd);
}

static void drop(const struct broker *broker, uint64_t id)
{
	if (broker->succession.drop)
		broker->succession.drop(broker->succession.data, id);
}

void succession_put_segment(const struct broker *broker, const struct segment *segment)
{
	put(broker, id_of_segment(segment), segment->fd);
}

void succession_put_peer(const struct broker *broker, const struct peer *peer)
{
	put(broker, id_of_peer(peer), peer->fd);
}

void succession_drop_peer(const struct broker *broker, const struct peer *peer)
{
	drop(broker, id_of_peer(peer));
}

void succession_put_ring(const struct broker *broker, const struct peer *peer)
{
	put(broker, id_of_ring(peer), peer->ring.fd);
}

void succession_drop_ring(const struct broker *broker, const struct peer *peer)
{
	drop(broker, id_of_ring(peer));
}

static void drop_segment(void *data, const struct segment *segment)
{
	drop(data, id_of_segment(segment));
}

void succession_put_all(struct broker *broker)
{
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;

	put(broker, KEEPER_ID_JOURNAL, broker->journal.fd);
	while ((segment = next_segment(broker, segment)))
		succession_put_segment(broker, segment);
	while ((peer = next_peer(broker, peer))) {
		succession_put_peer(broker, peer);
		succession_put_ring(broker, peer);
	}
}

static void write_all(struct broker *broker)
{
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;

	journal_write_begin(broker);
	while ((segment = next_segment(broker, segment))) {
		journal_write_segment(broker, segment);
		if (segment->sealing != SEALED)
			journal_write_size(broker, segment);
	}
	while ((peer = next_peer(broker, peer))) {
		journal_write_peer(broker, peer);
		if (peer->ring.inode != 0)
			journal_write_ring(broker, peer);
		for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
			if (peer->holders[handle]->segment)
				journal_write_hold(broker, peer->holders[handle]);
			else if (!peer->holders[handle]->charge.account)
				journal_write_released(broker, peer->holders[handle]);
		}
	}
	journal_commit(&broker->journal);
}

/* At least as many bytes as a snapshot needs: each record counts as the largest kind does. */
static size_t size_of_all(struct broker *broker)
{
	const struct record largest = {.kind = RECORD_SEGMENT};
	const size_t record = journal_record_size(&largest);
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;
	size_t size = record;

	while ((peer = next_peer(broker, peer)))
		size += peer->released * record;
	while ((segment = next_segment(broker, segment)))
		size += record + segment->name_length +
			segment->rights.entry_count * (size_t)WIRE_SIZE_entry +
			(segment->holder_count + (segment->sealing != SEALED)) * record;
	return size + 2 * broker->accounts.used[RESOURCE_CONNECTIONS] * record;
}

/*
 * Writes a snapshot: a new journal, of the state as it is now, replaces the old one here and in the
 * keeper.
 */
static int compact(struct broker *broker)
{
	struct journal old = broker->journal;
	struct journal journal;
	const int error = journal_new(&journal, size_of_all(broker) + SUCCESSION_REQUEST_ROOM);

	if (error < 0) {
		broker->compact_again = broker->registry.now + COMPACT_PAUSE;
		return error;
	}
	broker->journal = journal;
	write_all(broker);
	put(broker, KEEPER_ID_JOURNAL, broker->journal.fd);
	broker->counters.compactions++;
	journal_deinit(&old);
	broker->compact_at = 4 * broker->journal.used > COMPACT_MIN ? 4 * broker->journal.used
								     : COMPACT_MIN;
	return 0;
}

/* After a snapshot that found no memory, there is a pause: it is not tried at each request. */
static bool may_compact(const struct broker *broker)
{
	return broker->journal.fd >= 0 && broker->registry.now >= broker->compact_again;
}

bool succession_make_room(struct broker *broker)
{
	if (journal_reserve(&broker->journal, SUCCESSION_REQUEST_ROOM))
		return true;
	return may_compact(broker) && compact(broker) == 0 &&
	       journal_reserve(&broker->journal, SUCCESSION_REQUEST_ROOM);
}

int succession_begin(struct broker *broker, const struct succession *succession)
{
	broker->succession = *succession;
	broker->registry.on_gone = drop_segment;
	broker->registry.on_gone_data = broker;
	return compact(broker);
}

void succession_end(struct broker *broker)
{
	broker->succession = (struct succession){0};
	journal_deinit(&broker->journal);
}

void succession_commit(struct broker *broker)
{
	journal_commit(&broker->journal);
	registry_settle(&broker->registry);
	if ((broker->journal.used >= broker->compact_at || broker->journal.overrun) &&
		may_compact(broker))
		compact(broker);
}
