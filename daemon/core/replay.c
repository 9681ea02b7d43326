/* SPDX-License-Identifier: MIT */
/*
 * Replay: makes the change of each record again. A record that is impossible after those before it
 * is refused with the reason, and changes nothing.
 */
#include "daemon/core/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/succession.h"

/* Each replay_... function returns what is wrong with its record, or NULL. */
static const char no_memory[] = "out of memory";
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

static const char *check_segment(struct broker *broker, const struct record *record)
{
	const struct record_segment *is = &record->segment;

	if (is->number == 0 || is->number > UINT64_MAX / 4)
		return "a segment's number is out of range";
	if ((is->size == 0 && is->anonymous) || is->size > INT64_MAX ||
		broker->accounts.used[RESOURCE_BYTES] > UINT64_MAX / 4)
		return "a segment's size is out of range";
	if (is->anonymous > 1 || is->named > 1 || is->anonymous != (is->name_length == 0) ||
		(is->anonymous && is->named))
		return "a segment is neither named nor anonymous";
	if (is->named && registry_find(&broker->registry, record->name, is->name_length))
		return "two segments have the same name";
	if (is->anonymous && registry_find_token(&broker->registry,
				     &(struct token){is->token_high, is->token_low}))
		return "two segments have the same token";
	if (!is->anonymous && wire_check_name(record->name, is->name_length) != STATUS_OK)
		return "a segment's name is not valid";
	if (is->lifetime < WIRE_LIFETIME_KEPT || is->lifetime > WIRE_LIFETIME_UNTIL_UNUSED)
		return "a segment's lifetime is not valid";
	if (is->deadline > 0 && (!is->named || is->linger == 0))
		return "a segment that does not linger has a deadline";
	return NULL;
}

/* Copies the rights out of the record. */
static const char *take_rights(const struct record *record, struct rights *out)
{
	const struct record_segment *is = &record->segment;
	struct rights rights = {.uid = is->uid, .gid = is->gid};

	switch (rights_take(&rights, is->mode, record->entries, is->entry_count)) {
	case STATUS_OK:
		*out = rights;
		return NULL;
	case STATUS_NO_MEMORY:
		return no_memory;
	default:
		return "a segment's rights are not valid";
	}
}

static const char *add_segment(struct broker *broker, const struct record *record)
{
	const struct record_segment *is = &record->segment;
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	struct account *account;
	const char *problem = check_segment(broker, record);

	if (problem)
		return problem;
	segment = segment_restore(record->name, is->name_length, is->size, is->inode);
	account = segment ? account_get(&broker->accounts, is->payer) : NULL;
	if (!account)
		return no_memory;
	problem = take_rights(record, &segment->rights);
	if (!problem)
		segment_restore_charges(segment, account);
	account_unref(account);
	if (problem)
		return problem;
	segment->number = is->number;
	segment->created = is->created;
	segment->opened = is->opened;
	segment->deadline = is->deadline;
	segment->lifetime = is->lifetime;
	segment->linger = is->linger;
	segment->huge = is->huge;
	segment->closed_once = is->closed_once;
	segment->token = (struct token){is->token_high, is->token_low};
	registry_restore(&broker->registry, segment, is->named);
	segment = NULL;
	return NULL;
}

/* A second record about a segment changes its owner, payer and rights, and nothing else. */
static const char *change_segment(
	struct broker *broker, struct segment *segment, const struct record *record)
{
	const struct record_segment *is = &record->segment;
	struct account *account;
	struct rights rights;
	const char *problem;

	if (is->size != segment->size || is->inode != segment->inode || is->named != segment->named)
		return "a segment changes its size, its inode or whether it has a name";
	problem = take_rights(record, &rights);
	if (problem)
		return problem;
	account = account_get(&broker->accounts, is->payer);
	if (!account) {
		rights_deinit(&rights);
		return no_memory;
	}
	rights_deinit(&segment->rights);
	segment->rights = rights;
	charge_deinit(&segment->charges[0]);
	charge_deinit(&segment->charges[1]);
	segment_restore_charges(segment, account);
	account_unref(account);
	return NULL;
}

static const char *replay_segment(struct broker *broker, const struct record *record)
{
	struct segment *segment =
		registry_find_number(&broker->registry, record->segment.number);

	return segment ? change_segment(broker, segment, record) : add_segment(broker, record);
}

static const char *replay_size(struct broker *broker, const struct record_size *is)
{
	struct segment *segment = registry_find_number(&broker->registry, is->number);

	if (!segment || segment->anonymous)
		return "what is sized is not there";
	if (is->size > INT64_MAX || is->sealing > SPOILED || is->opened_early > 1)
		return "a size, or how it is fixed, is out of range";
	segment->size = is->size;
	segment->opened_early = is->opened_early;
	registry_seal(&broker->registry, segment, is->sealing);
	segment_restore_size(segment);
	return NULL;
}

static const char *replay_unname(struct broker *broker, const struct record_unname *unname)
{
	struct segment *segment = registry_find_number(&broker->registry, unname->number);

	if (!segment || !segment->named)
		return "a name is removed that no segment has";
	registry_remove_name(&broker->registry, segment);
	peer_pin_unnamed(segment);
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
		return no_memory;
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
	return no_memory;
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
		return no_memory;
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

	return peer && peer_release(peer, released->handle) ? NULL
							    : "what is released is not free";
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
	void (*const on_expired)(void *, const struct segment *, enum expiry) = broker->registry.on_expired;
	uint64_t (*const clock)(void) = broker->registry.clock;
	struct record record;
	size_t offset = 0;
	int found;

	*out = (struct replay){0};
	broker->registry.clock = no_clock;
	broker->registry.on_expired = NULL; /* the last broker has logged these when they happened */
	while (!out->problem && (found = journal_read(journal, &offset, &record)) != 0) {
		out->problem = found < 0 ? "a record's checksum, length or kind is wrong"
					 : replay_record(broker, &record, out->records == 0);
		registry_settle(&broker->registry);
		if (!out->problem) {
			out->offset = offset;
			out->records++;
		}
	}
	out->starved = out->problem == no_memory;
	broker->registry.clock = clock;
	broker->registry.on_expired = on_expired;
	remove_unkept(&broker->registry);
	registry_settle(&broker->registry);
}
