/* SPDX-License-Identifier: MIT */
/* One builder for each record of the journal. */
#include "daemon/core/journal-write.h"

/* clang-format would put the fields of a record at the right border. */
/* clang-format off */

static void append(struct broker *broker, const struct record *record)
{
	broker->counters.records += journal_append(&broker->journal, record);
}

void journal_write_begin(struct broker *broker)
{
	append(broker, &(struct record){
		.kind = RECORD_BEGIN,
		.begin = {
			.last_number = broker->registry.last_number,
			.last_peer = broker->last_peer,
			.restarts = broker->restarts,
		},
	});
}

void journal_write_segment(struct broker *broker, const struct segment *segment)
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
			.closed_once = segment->closed_once,
			.name_length = segment->name_length,
		},
		.entries = entries,
		.name = segment->name,
	};

	for (uint32_t i = 0; i < rights->entry_count; i++)
		wire_put_right(entries, i, &rights->entries[i]);
	append(broker, &record);
}

void journal_write_hold(struct broker *broker, const struct holder *holder)
{
	append(broker, &(struct record){
		.kind = RECORD_HOLD,
		.hold = {
			.peer = holder->peer->number,
			.segment = holder->segment->number,
			.since = holder->since,
			.handle = holder->handle,
			.access = holder->access,
			.previous = holder->previous,
			.place = holder->place,
		},
	});
}

void journal_write_peer(struct broker *broker, const struct peer *peer)
{
	const struct credentials *who = &peer->credentials;

	append(broker, &(struct record){
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

void journal_write_ring(struct broker *broker, const struct peer *peer)
{
	append(broker, &(struct record){
		.kind = RECORD_RING,
		.ring = {
			.peer = peer->number,
			.inode = peer->ring.inode,
			.seen = peer->ring.seen,
		},
	});
}

void journal_write_size(struct broker *broker, const struct segment *segment)
{
	append(broker, &(struct record){
		.kind = RECORD_SIZE,
		.size = {
			.number = segment->number,
			.size = segment->size,
			.sealing = (uint16_t)segment->sealing,
			.opened_early = segment->opened_early,
		},
	});
}

void journal_write_unname(struct broker *broker, const struct segment *segment)
{
	append(broker, &(struct record){
		.kind = RECORD_UNNAME,
		.unname = {.number = segment->number},
	});
}

void journal_write_ended(struct broker *broker, const struct peer *peer)
{
	append(broker, &(struct record){
		.kind = RECORD_ENDED,
		.ended = {.peer = peer->number, .time = broker->registry.time},
	});
}

void journal_write_gone(struct broker *broker, const struct peer *peer)
{
	append(broker, &(struct record){
		.kind = RECORD_GONE,
		.gone = {.peer = peer->number, .time = broker->registry.time},
	});
}

void journal_write_close(struct broker *broker, const struct peer *peer, uint32_t handle)
{
	append(broker, &(struct record){
		.kind = RECORD_CLOSE,
		.close = {
			.peer = peer->number,
			.time = broker->registry.time,
			.handle = handle,
			.seen = peer->ring.seen,
		},
	});
}

void journal_write_done(struct broker *broker, const struct peer *peer)
{
	const struct outcome *last = &peer->last;

	append(broker, &(struct record){
		.kind = RECORD_DONE,
		.done = {
			.peer = peer->number,
			.serial = last->serial,
			.handle = last->handle,
			.op = last->op,
			.status = last->status,
		},
	});
}

void journal_write_expire(struct broker *broker)
{
	append(broker, &(struct record){
		.kind = RECORD_EXPIRE,
		.expire = {.time = broker->registry.time},
	});
}

void journal_write_released(struct broker *broker, const struct holder *holder)
{
	append(broker, &(struct record){
		.kind = RECORD_RELEASED,
		.released = {.peer = holder->peer->number, .handle = holder->handle},
	});
}
