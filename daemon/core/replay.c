/* SPDX-License-Identifier: MIT */
/*
 * Replay: makes the change of each record again. A record that is impossible after those before it
 * is refused with the reason, and changes nothing.
 */
#include "daemon/core/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/replay-segment.h"
#include "daemon/core/succession.h"

/* Each replay_... function returns what is wrong with its record, or NULL. */
/* A time so large that time plus linger would overflow 64 bits. */
static const char bad_time[] = "a time is out of range";

static uint64_t no_clock(void)
{
	return 1;
}

static const char *replay_begin(struct broker *broker, const struct record_begin *begin)
{
	if (begin->last_number > UINT64_MAX / 4 || begin->last_peer > UINT64_MAX / 4)
		return "a number of the first record is out of range";
	broker->registry.last_number = begin->last_number;
	if (broker->last_peer < begin->last_peer)
		broker->last_peer = begin->last_peer;
	broker->restarts = begin->restarts;
	return NULL;
}

static const char *replay_peer(struct broker *broker, const struct record_peer *is)
{
	const struct credentials who = {
		.uid = is->uid,
		.gid = is->gid,
		.pid = (pid_t)is->pid,
		.unmapped = is->unmapped,
	};
	struct peer *peer;

	if (is->number < PEER_FIRST || is->number > UINT64_MAX / 4)
		return "a connection's number is out of range";
	if (is->handles > PEER_HANDLES_MAX)
		return "a connection has too many handles";
	if (peers_find(&broker->peers, is->number))
		return "two connections have the same number";
	peer = broker_restore_peer(broker, &who, is->number);
	if (!peer)
		return replay_no_memory;
	peer->inode = is->inode;
	peer->ended = is->ended;
	peer->last = (struct outcome){
		.serial = is->serial,
		.handle = is->handle,
		.op = is->op,
		.status = is->status,
		.known = is->spoken,
	};
	if (peer_restore_handles(peer, is->handles))
		return NULL;
	broker_remove_peer(broker, peer);
	return replay_no_memory;
}

static const char *replay_ended(struct broker *broker, const struct record_ended *ended)
{
	struct peer *peer = peers_find(&broker->peers, ended->peer);

	if (!peer)
		return "an unknown connection ends";
	if (ended->time > INT64_MAX)
		return bad_time;
	broker->registry.time = ended->time;
	broker_end_peer(broker, peer);
	return NULL;
}

static const char *replay_gone(struct broker *broker, const struct record_gone *gone)
{
	struct peer *peer = peers_find(&broker->peers, gone->peer);

	if (!peer)
		return "an unknown connection is removed";
	if (gone->time > INT64_MAX)
		return bad_time;
	broker->registry.time = gone->time;
	broker_remove_peer(broker, peer);
	return NULL;
}

static const char *replay_hold(struct broker *broker, const struct record_hold *hold)
{
	struct peer *peer = peers_find(&broker->peers, hold->peer);
	struct segment *segment = registry_find_number(&broker->registry, hold->segment);

	if (!peer || peer->ended || !segment)
		return "a handle is of an unknown connection or segment";
	if (peer_find(peer, hold->handle) ||
		(hold->access & ~(uint32_t)(WIRE_READ | WIRE_WRITE | WIRE_FILL | WIRE_OWN)))
		return "a handle is opened twice, or has unknown rights";
	if (hold->handle >= PEER_HANDLES_MAX)
		return "a handle's number is too large";
	if (!peer_restore_hold(peer, segment, hold->handle, hold->since, hold->access))
		return replay_no_memory;
	peer->holders[hold->handle]->previous = hold->previous;
	peer->holders[hold->handle]->place = hold->place;
	return NULL;
}

static const char *replay_close(struct broker *broker, const struct record_close *close)
{
	struct peer *peer = peers_find(&broker->peers, close->peer);

	if (!peer)
		return "an unknown connection closes a handle";
	if (close->time > INT64_MAX)
		return bad_time;
	broker->registry.time = close->time;
	if (!peer_close(peer, close->handle))
		return "a handle is closed that is not open";
	if (peer->ring.inode != 0)
		peer->ring.seen = close->seen;
	return NULL;
}

static const char *replay_done(struct broker *broker, const struct record_done *done)
{
	struct peer *peer = peers_find(&broker->peers, done->peer);

	if (!peer)
		return "a request is of an unknown connection";
	peer->last = (struct outcome){
		.serial = done->serial,
		.handle = done->handle,
		.op = done->op,
		.status = done->status,
		.known = true,
	};
	return NULL;
}

static const char *replay_expire(struct broker *broker, const struct record_expire *expire)
{
	if (expire->time > INT64_MAX)
		return bad_time;
	broker->registry.time = expire->time;
	registry_expire(&broker->registry);
	return NULL;
}

static const char *replay_ring(struct broker *broker, const struct record_ring *ring)
{
	struct peer *peer = peers_find(&broker->peers, ring->peer);

	if (!peer || peer->ended)
		return "a ring is of an unknown connection";
	if (ring->inode == 0 || (peer->ring.inode != 0 && peer->ring.inode != ring->inode))
		return "a ring has no inode, or a connection gets another ring";
	peer->ring.inode = ring->inode;
	peer->ring.seen = ring->seen;
	return NULL;
}

static const char *replay_released(struct broker *broker, const struct record_released *released)
{
	struct peer *peer = peers_find(&broker->peers, released->peer);

	return peer && peer_release(peer, released->handle) ? NULL : "what is released is not free";
}

static const char *replay_record(struct broker *broker, const struct record *record, bool first)
{
	if (first != (record->kind == RECORD_BEGIN))
		return "the first record is not BEGIN, or a later record is";
	switch (record->kind) {
	case RECORD_BEGIN:
		return replay_begin(broker, &record->begin);
	case RECORD_SEGMENT:
		return replay_segment(broker, record);
	case RECORD_UNNAME:
		return replay_unname(broker, &record->unname);
	case RECORD_PEER:
		return replay_peer(broker, &record->peer);
	case RECORD_ENDED:
		return replay_ended(broker, &record->ended);
	case RECORD_GONE:
		return replay_gone(broker, &record->gone);
	case RECORD_HOLD:
		return replay_hold(broker, &record->hold);
	case RECORD_CLOSE:
		return replay_close(broker, &record->close);
	case RECORD_DONE:
		return replay_done(broker, &record->done);
	case RECORD_EXPIRE:
		return replay_expire(broker, &record->expire);
	case RECORD_RING:
		return replay_ring(broker, &record->ring);
	case RECORD_RELEASED:
		return replay_released(broker, &record->released);
	case RECORD_SIZE:
		return replay_size(broker, &record->size);
	}
	return "the kind of a record is unknown";
}

/*
 * Removes segments that must not stay without a holder. In a snapshot a segment comes before its
 * holders, so only the end shows which segments have none. Only a journal that is cut off has such
 * segments.
 */
static void remove_unkept(struct registry *registry)
{
	struct segment *segment = registry_next(registry, 0);

	while (segment) {
		const uint64_t number = segment->number;

		if (segment->holder_count == 0 && segment->deadline == 0)
			registry_unheld(registry, segment);
		segment = registry_next(registry, number);
	}
}

void replay_journal(struct broker *broker, const struct journal *journal, struct replay *out)
{
	void (*const on_expired)(void *, const struct segment *, enum expiry) =
		broker->registry.on_expired;
	uint64_t (*const clock)(void) = broker->registry.clock;
	struct record record;
	size_t offset = 0;
	int found;

	*out = (struct replay){0};
	broker->registry.clock = no_clock;
	/* the last broker has logged these when they happened */
	broker->registry.on_expired = NULL;
	while (!out->problem && (found = journal_read(journal, &offset, &record)) != 0) {
		out->problem = found < 0 ? "a record's checksum, length or kind is wrong"
					 : replay_record(broker, &record, out->records == 0);
		registry_settle(&broker->registry);
		if (!out->problem) {
			out->offset = offset;
			out->records++;
		}
	}
	out->starved = out->problem == replay_no_memory;
	broker->registry.clock = clock;
	broker->registry.on_expired = on_expired;
	remove_unkept(&broker->registry);
	registry_settle(&broker->registry);
}
