/* SPDX-License-Identifier: MIT */
/* The one way through the broker. */
#include "daemon/core/handle.h"

#include "daemon/core/drain.h"
#include "daemon/core/succession.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"

static enum status dispatch(const struct context *c)
{
	switch (c->request->header.op) {
#define X(NAME, function, has_effect, drained)                                                     \
	case WIRE_OP_##NAME:                                                                       \
		return function(c);
		OPS(X)
#undef X
	default:
		return STATUS_UNSUPPORTED;
	}
}

static bool has_effect(uint16_t op)
{
	switch (op) {
#define X(NAME, function, has_effect, drained)                                                     \
	case WIRE_OP_##NAME:                                                                       \
		return has_effect;
		OPS(X)
#undef X
	default: /* it may have one where it is known */
		return true;
	}
}

static enum drained whose_rings(const struct wire_request *request)
{
	if (request->header.op == WIRE_OP_LIST && request->list.after > 0)
		return DRAIN_PEER; /* the first page has read them for all pages */
	switch (request->header.op) {
#define X(NAME, function, has_effect, drained)                                                     \
	case WIRE_OP_##NAME:                                                                       \
		return DRAIN_##drained;
		OPS(X)
#undef X
	default:
		return DRAIN_PEER;
	}
}

/* Each op of the protocol stands in the table, and once: a switch takes none twice. */
#define X(NAME, function, has_effect, drained) +1
static_assert(0 OPS(X) == WIRE_OP_LAST, "ops without a function");
#undef X

/* The same outcome once more, for a client that did not see it. */
static enum status repeat(const struct context *c)
{
	const struct outcome *last = &c->peer->last;

	if (!has_effect(last->op))
		return dispatch(c);
	if (last->status != STATUS_OK)
		return last->status;
	switch (last->op) {
	case WIRE_OP_OPEN:
	case WIRE_OP_REDEEM:
	case WIRE_OP_ANONYMOUS:
		return repeat_hold(c);
	case WIRE_OP_OPEN_MANY:
		return repeat_many(c);
	case WIRE_OP_CLOSE:
		c->reply->expected = false;
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

static void count(const struct context *c, enum status status)
{
	struct counters *counters = &c->broker->counters;
	const uint16_t op = c->request->header.op;

	if (op <= WIRE_OP_LAST)
		counters->requests[op]++;
	count_refused(c, status);
	if (status == STATUS_OK && op == WIRE_OP_DELETE)
		counters->deletions++;
}

/*
 * Each request is written down, also one that failed or changed nothing: a copy that comes in later must
 * fail, too, and the next broker has to see whether one is missing.
 */
static enum status act(const struct context *c)
{
	struct broker *broker = c->broker;
	const struct wire_header *header = &c->request->header;
	struct outcome *last = &c->peer->last;
	const bool room = succession_make_room(broker) || header->op == WIRE_OP_CLOSE ||
			  header->op == WIRE_OP_TAKE_BACK;

	*last = (struct outcome){
		.serial = header->serial,
		.op = header->op,
		.known = true,
		.answered = true,
	};
	c->peer->after_takeover = false;
	last->status = room || !has_effect(header->op) ? (uint16_t)dispatch(c) : STATUS_NO_MEMORY;
	count(c, last->status);
	if (!room) /* what is left is for those who end */
		return last->status;
	journal_write_done(broker, c->peer);
	return last->status;
}

/*
 * The serials of a connection go up by one. After a restart a client sends again what it has no reply to,
 * and the first copy may have come in as well. The first rule that fits decides:
 *
 * (1) No request came before: handle this one.
 * (2) serial == last: a copy of the last request; it gets the same outcome (see repeat).
 * (3) serial == last + 1: the next request; handle it.
 * (4) serial < last: a copy of an older request; drop it.
 * (5) A request was handled since the take-over, or the peer has a ring: handle this one. With a ring no
 *     CLOSE is sent again, for the handle was closed in the ring.
 * (6) This serial was dropped by rule 7, and came again alone: nothing but a request that found no room in
 *     the journal is missing before it; handle it.
 * (7) A CLOSE is missing that the last broker had read and not written down. Drop this request: the client
 *     sends both again.
 */
static bool is_dropped(struct peer *peer, const struct wire_header *header)
{
	const int32_t ahead = (int32_t)(header->serial - peer->last.serial);

	if (!peer->last.known || ahead == 0 || ahead == 1) /* 1, 2, 3 */
		return false;
	if (ahead > 0 && (!peer->after_takeover || peer->ring.inode != 0)) /* 5 */
		return false;
	if (ahead > 0 && peer->skipped_serial == header->serial) /* 6 */
		return false;
	peer->skipped_serial = header->serial;
	return true;
}

static bool is_repeated(const struct peer *peer, const struct wire_header *header)
{
	return peer->last.known && header->serial == peer->last.serial;
}

/* STAT names its segment, HOLDERS has the number. NULL: there is none. */
static struct segment *asked_about(const struct context *c)
{
	struct segment *segment = NULL;

	if (c->request->header.op == WIRE_OP_HOLDERS)
		return registry_find_number(
			&c->broker->registry, c->request->holders.segment);
	return find_named(c, &segment) == STATUS_OK ? segment : NULL;
}

/* Reads the rings that the op needs read, before anything is looked up: a segment may go by that. */
static void drain(const struct context *c)
{
	struct broker *broker = c->broker;
	const enum drained drained = whose_rings(c->request);
	struct segment *segment;

	broker_drain(broker, c->peer);
	if (drained == DRAIN_ALL)
		broker_drain_all(broker);
	segment = drained == DRAIN_SEGMENT ? asked_about(c) : NULL;
	if (segment)
		broker_drain_holders(broker, segment);
	if (!SLIST_EMPTY(&broker->registry.gone)) /* what it frees this request may use */
		succession_commit(broker);
}

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply)
{
	const struct context context = {broker, peer, request, reply, 0};
	const struct wire_header *header = &request->header;
	enum status status;

	drain(&context);
	if (is_dropped(peer, header)) {
		reply->expected = false;
		status = STATUS_OK;
	} else if (is_repeated(peer, header)) {
		status = header->op == peer->last.op ? repeat(&context) : STATUS_MALFORMED;
	} else if (peer->watcher) {
		status = STATUS_MALFORMED; /* who watches has nothing else to say */
	} else {
		status = act(&context);
	}
	ring_set_quiet(&peer->ring, peer_is_quiet(peer));
	succession_commit(broker);
	ring_give_room(&peer->ring);
	reply_finish(reply, &request->header, status);
}
