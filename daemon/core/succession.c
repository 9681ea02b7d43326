/* SPDX-License-Identifier: MIT */
/* The journal as the broker writes it, and what it hands to its keeper. */
#include "daemon/core/succession.h"

/* A journal of this many bytes is not worth a snapshot; beyond, one that is mostly dead is. */
#define COMPACT_MIN ((size_t)1 << 20)

#define COMPACT_PAUSE UINT64_C(1000000000) /* nanoseconds, after one for which there was no memory */

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
	return KEPT_RING | id_of_peer(peer);
}

struct segment *keeping_find_segment(struct broker *broker, uint64_t id)
{
	return id % 2 == 0 ? registry_find_number(&broker->registry, id / 2) : NULL;
}

struct peer *keeping_find_peer(struct broker *broker, uint64_t id)
{
	return id % 2 == 1 ? broker_find_peer(broker, id / 2) : NULL;
}

struct peer *keeping_find_ring(struct broker *broker, uint64_t id)
{
	return id & KEPT_RING ? keeping_find_peer(broker, id & ~KEPT_RING) : NULL;
}

/* All in turn; NULL begins, and ends. */
static struct segment *next_segment(struct broker *broker, const struct segment *last)
{
	return registry_next(&broker->registry, last ? last->number : 0);
}

static struct peer *next_peer(struct broker *broker, const struct peer *last)
{
	return broker_next_peer(broker, last ? last->number : 0);
}

static void put(const struct broker *broker, uint64_t id, int fd)
{
	if (broker->keeping.put && fd >= 0)
		broker->keeping.put(broker->keeping.data, id, fd);
}

static void drop(const struct broker *broker, uint64_t id)
{
	if (broker->keeping.drop)
		broker->keeping.drop(broker->keeping.data, id);
}

void keeping_put_segment(const struct broker *broker, const struct segment *segment)
{
	put(broker, id_of_segment(segment), segment->fd);
}

void keeping_put_peer(const struct broker *broker, const struct peer *peer)
{
	put(broker, id_of_peer(peer), peer->fd);
}

void keeping_drop_peer(const struct broker *broker, const struct peer *peer)
{
	drop(broker, id_of_peer(peer));
}

void keeping_put_ring(const struct broker *broker, const struct peer *peer)
{
	put(broker, id_of_ring(peer), peer->ring.fd);
}

void keeping_drop_ring(const struct broker *broker, const struct peer *peer)
{
	drop(broker, id_of_ring(peer));
}

static void drop_segment(void *data, const struct segment *segment)
{
	drop(data, id_of_segment(segment));
}

void keeping_hand_over(struct broker *broker)
{
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;

	put(broker, KEPT_JOURNAL, broker->journal.fd);
	while ((segment = next_segment(broker, segment)))
		keeping_put_segment(broker, segment);
	while ((peer = next_peer(broker, peer))) {
		keeping_put_peer(broker, peer);
		keeping_put_ring(broker, peer);
	}
}

void keeping_write_segment(struct journal *journal, const struct segment *segment)
{
	const struct rights *rights = &segment->rights;
	uint8_t entries[WIRE_ENTRIES_MAX * WIRE_SIZE_entry];
	const struct record record = {
		.kind = RECORD_SEGMENT,
		.segment = {
			.number = segment->number,
			.inode = segment->inode,
			.size = segment->size,
			.created = segment->created,
			.opened = segment->opened,
			.deadline = segment->deadline,
			.token_high = segment->token.high,
			.token_low = segment->token.low,
			.uid = rights->uid,
			.gid = rights->gid,
			.payer = segment->charges[0].account->uid,
			.mode = rights->mode,
			.lifetime = segment->lifetime,
			.linger = segment->linger,
			.named = segment->named,
			.anonymous = segment->anonymous,
			.entry_count = rights->entry_count,
			.huge = segment->huge,
			.name_length = segment->name_length,
		},
		.entries = entries,
		.name = segment->name,
	};

	for (uint32_t i = 0; i < rights->entry_count; i++)
		wire_put_right(entries, i, &rights->entries[i]);
	journal_append(journal, &record);
}

static void write_hold(
	struct journal *journal, const struct peer *peer, const struct holder *holder)
{
	journal_append(journal, &(struct record){
		.kind = RECORD_HOLD,
		.hold = {
			.peer = peer->number,
			.segment = holder->segment->number,
			.since = holder->since,
			.handle = holder->handle,
			.access = holder->access,
			.previous = holder->previous,
			.place = holder->place,
		},
	});
}

void keeping_write_peer(struct journal *journal, const struct peer *peer)
{
	const struct credentials *who = &peer->credentials;

	journal_append(journal, &(struct record){
		.kind = RECORD_PEER,
		.peer = {
			.number = peer->number,
			.inode = peer->inode,
			.uid = who->uid,
			.gid = who->gid,
			.pid = (uint32_t)who->pid,
			.unmapped = who->unmapped,
			.ended = peer->ended,
			.spoken = peer->last.known,
			.op = peer->last.op,
			.status = peer->last.status,
			.serial = peer->last.serial,
			.handle = peer->last.handle,
			.handles = peer->holder_count,
		},
	});
}

void keeping_write_ring(struct journal *journal, const struct peer *peer)
{
	journal_append(journal, &(struct record){
		.kind = RECORD_RING,
		.ring = {
			.peer = peer->number,
			.inode = peer->ring.inode,
			.seen = peer->ring.seen,
		},
	});
}

static void write_all(struct journal *journal, struct broker *broker)
{
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;

	journal_append(journal, &(struct record){
		.kind = RECORD_BEGIN,
		.begin = {
			.last_number = broker->registry.last_number,
			.last_peer = broker->last_peer,
			.restarts = broker->restarts,
		},
	});
	while ((segment = next_segment(broker, segment)))
		keeping_write_segment(journal, segment);
	while ((peer = next_peer(broker, peer))) {
		keeping_write_peer(journal, peer);
		if (peer->ring.inode != 0)
			keeping_write_ring(journal, peer);
		for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
			if (peer->holders[handle]->segment)
				write_hold(journal, peer, peer->holders[handle]);
		}
	}
	journal_commit(journal);
}

/* At most: no record of a kind is larger than this one's whole. */
static size_t size_of_all(struct broker *broker)
{
	const struct record largest = {.kind = RECORD_SEGMENT};
	const size_t record = journal_record_size(&largest);
	const struct segment *segment = NULL;
	size_t size = record;

	while ((segment = next_segment(broker, segment)))
		size += record + segment->name_length +
			segment->rights.entry_count * (size_t)WIRE_SIZE_entry +
			segment->holder_count * record;
	return size + 2 * broker->accounts.used[RESOURCE_CONNECTIONS] * record;
}

/* A new journal of what is there now takes the old one's place, here and with the keeper. */
static int compact(struct broker *broker)
{
	struct journal journal;
	const int error = journal_new(&journal, size_of_all(broker) + KEEPING_REQUEST_ROOM);

	if (error < 0) {
		broker->compact_again = broker->now + COMPACT_PAUSE;
		return error;
	}
	write_all(&journal, broker);
	put(broker, KEPT_JOURNAL, journal.fd);
	journal.records += broker->journal.records;
	broker->counters.compactions++;
	journal_deinit(&broker->journal);
	broker->journal = journal;
	broker->compact_at = 4 * journal.used > COMPACT_MIN ? 4 * journal.used : COMPACT_MIN;
	return 0;
}

/* Without memory it is not tried for each request. */
static bool may_compact(const struct broker *broker)
{
	return broker->journal.fd >= 0 && broker->now >= broker->compact_again;
}

bool keeping_make_room(struct broker *broker)
{
	if (journal_reserve(&broker->journal, KEEPING_REQUEST_ROOM))
		return true;
	return may_compact(broker) && compact(broker) == 0 &&
	       journal_reserve(&broker->journal, KEEPING_REQUEST_ROOM);
}

int keeping_begin(struct broker *broker, const struct keeping *keeping)
{
	broker->keeping = *keeping;
	broker->registry.on_gone = drop_segment;
	broker->registry.on_gone_data = broker;
	return compact(broker);
}

void keeping_end(struct broker *broker)
{
	broker->keeping = (struct keeping){0};
	journal_deinit(&broker->journal);
}

void keeping_commit(struct broker *broker)
{
	journal_commit(&broker->journal);
	registry_settle(&broker->registry);
	if ((broker->journal.used >= broker->compact_at || broker->journal.overrun) &&
		may_compact(broker))
		compact(broker);
}
