/* SPDX-License-Identifier: MIT */
/* Hands descriptors to the keeper, and replaces the journal by a snapshot when that is worth it. */
#include "daemon/core/succession.h"

#include "daemon/core/snapshot.h"

/*
 * Up to this many bytes, a journal is not replaced by a snapshot, however little of it is still
 * true.
 */
#define COMPACT_MIN ((size_t)1 << 20)

#define COMPACT_MORE ((size_t)16 << 20)

#define SPARE_MAX (2 * COMPACT_MIN) /* bytes */

/* So many segments, handles and connections together are written at once, by the event loop. */
#define COMPACT_SHORT 500

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

static void drop(const struct broker *broker, uint64_t id, uint64_t bytes)
{
	if (broker->succession.drop)
		broker->succession.drop(broker->succession.data, id, bytes);
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
	drop(broker, id_of_peer(peer), 0);
}

void succession_put_ring(const struct broker *broker, const struct peer *peer)
{
	put(broker, id_of_ring(peer), peer->ring.fd);
}

void succession_drop_ring(const struct broker *broker, const struct peer *peer)
{
	drop(broker, id_of_ring(peer), 0);
}

static void drop_segment(void *data, const struct segment *segment)
{
	drop(data, id_of_segment(segment), segment_bytes(segment));
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

/*
 * From four times as many bytes on as this journal has now, but at most COMPACT_MORE above: a large
 * journal takes twice its memory, and a small one is rarely replaced.
 */
static size_t next_compaction(const struct journal *journal)
{
	size_t more = 3 * journal->used;

	if (more > COMPACT_MORE)
		more = journal->used > COMPACT_MORE ? journal->used : COMPACT_MORE;
	return journal->used + more > COMPACT_MIN ? journal->used + more : COMPACT_MIN;
}

void succession_replace(struct broker *broker, struct journal *journal)
{
	const struct journal old = broker->journal;

	broker->journal = *journal;
	journal_commit(&broker->journal);
	put(broker, KEEPER_ID_JOURNAL, broker->journal.fd);
	broker->counters.compactions++;
	broker->compact_at = next_compaction(&broker->journal);
	*journal = old;
}

void succession_pause(struct broker *broker)
{
	broker->compact_again = broker->registry.now + COMPACT_PAUSE;
}

static int make_journal(struct broker *broker, struct journal *journal)
{
	const size_t room = snapshot_size(broker) + SUCCESSION_REQUEST_ROOM;

	if (!journal_recycle(&broker->spare, room))
		return journal_new(journal, room);
	*journal = broker->spare;
	broker->spare = (struct journal){.fd = -1};
	return 0;
}

/* The keeper has its successor. A thread may read the one of which it writes a snapshot. */
static void retire(struct broker *broker, struct journal *old)
{
	if (old->fd < 0 || old->room > SPARE_MAX || broker->rewrite) {
		journal_deinit(old);
		return;
	}
	journal_deinit(&broker->spare);
	broker->spare = *old;
}

int succession_compact(struct broker *broker)
{
	struct journal journal;
	struct journal old = broker->journal;
	const int error = make_journal(broker, &journal);

	if (error < 0) {
		succession_pause(broker);
		return error;
	}
	broker->journal = journal;
	snapshot_write(broker);
	journal = broker->journal;
	broker->journal = old;
	succession_replace(broker, &journal);
	retire(broker, &journal);
	return 0;
}

/* After a snapshot that found no memory, there is a pause: it is not tried at each request. */
static bool may_compact(const struct broker *broker)
{
	return broker->journal.fd >= 0 && broker->registry.now >= broker->compact_again;
}

bool succession_is_due(const struct broker *broker)
{
	return (broker->journal.used >= broker->compact_at || broker->journal.overrun) &&
	       may_compact(broker);
}

/*
 * Whether a snapshot takes no longer than some requests. What has no room for more must not wait.
 */
static bool is_short(const struct broker *broker)
{
	const uint64_t *used = broker->accounts.used;

	return broker->journal.overrun || (broker->compact_at == COMPACT_MIN &&
						  used[RESOURCE_SEGMENTS] + used[RESOURCE_HANDLES] +
								  used[RESOURCE_CONNECTIONS] <=
							  COMPACT_SHORT);
}

bool succession_make_room(struct broker *broker)
{
	if (journal_reserve(&broker->journal, SUCCESSION_REQUEST_ROOM))
		return true;
	return may_compact(broker) && succession_compact(broker) == 0 &&
	       journal_reserve(&broker->journal, SUCCESSION_REQUEST_ROOM);
}

int succession_begin(struct broker *broker, const struct succession *succession)
{
	broker->succession = *succession;
	broker->registry.on_gone = drop_segment;
	broker->registry.on_gone_data = broker;
	return succession_compact(broker);
}

void succession_end(struct broker *broker)
{
	broker->succession = (struct succession){0};
	journal_deinit(&broker->journal);
	journal_deinit(&broker->spare);
}

void succession_commit(struct broker *broker)
{
	journal_commit(&broker->journal);
	registry_settle(&broker->registry);
	if (succession_is_due(broker) && (!broker->succession.run || is_short(broker)))
		succession_compact(broker);
}
