/* SPDX-License-Identifier: MIT */
/* The one way through the broker: drain rings, recognise copies, act, write the journal, reply. */
#include "daemon/core/handle.h"

#include "daemon/core/drain.h"
#include "daemon/core/succession.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/hold.h"
#include "daemon/core/memory.h"
#include "daemon/core/ops.h"

static enum status dispatch(const struct context *c)
{
	switch (c->request->header.op) {
#define X(NAME, function, has_effect, drained, handles)                                            \
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
#define X(NAME, function, has_effect, drained, handles)                                            \
	case WIRE_OP_##NAME:                                                                       \
		return has_effect;
		OPS(X)
#undef X
	default: /* a newer release may know this op, and the op may have an effect there */
		return true;
	}
}

static enum drained whose_rings(const struct wire_request *request)
{
	if (request->header.op == WIRE_OP_LIST && request->list.after > 0)
		return DRAIN_PEER; /* the request for the first page has drained all rings */
	if (request->header.op == WIRE_OP_OPEN && (request->open.flags & WIRE_OPEN_POSIX))
		return DRAIN_SEGMENT;
	switch (request->header.op) {
#define X(NAME, function, has_effect, drained, handles)                                            \
	case WIRE_OP_##NAME:                                                                       \
		return DRAIN_##drained;
		OPS(X)
#undef X
	default:
		return DRAIN_PEER;
	}
}

static uint32_t handles_of(const struct wire_request *request)
{
	switch (request->header.op) {
#define X(NAME, function, has_effect, drained, handles)                                            \
	case WIRE_OP_##NAME:                                                                       \
		return handles;
		OPS(X)
#undef X
	default:
		return 0;
	}
}

/* Each op of the protocol is in the table, once: a switch cannot have the same case twice. */
#define X(NAME, function, has_effect, drained, handles) +1
static_assert(0 OPS(X) == WIRE_OP_LAST, "ops without a function");
#undef X

/*
 * Replies to a copy of the last request with the same outcome: the last broker may have died before
 * it replied.
 */
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
	case WIRE_OP_HOLD:
		return repeat_hold(c);
	case WIRE_OP_SIZE:
		return op_size(c);
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
 * Each request gets a record in the journal, even a request that failed or changed nothing. If a
 * copy comes after a restart, it must have the same outcome; and the next broker must notice when
 * the serial of a request is missing.
 */
static enum status act(const struct context *c)
{
	struct broker *broker = c->broker;
	const struct wire_header *header = &c->request->header;
	struct outcome *last = &c->peer->last;
	const struct outcome before = *last;
	const bool after_takeover = c->peer->after_takeover;
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
	if (last->status == STATUS_LATER) {
		*last = before;
		c->peer->after_takeover = after_takeover;
		return STATUS_LATER;
	}
	count(c, last->status);
	if (!room) /* the rest of the journal is for closes and ends of connections */
		return last->status;
	journal_write_done(broker, c->peer);
	return last->status;
}

/*
 * The serials of a connection go up by one. After a restart, a client sends each request again that
 * has no reply yet; but the first copy may have arrived, too. The first rule that fits decides:
 *
 * (1) No request came before: handle this one.
 * (2) serial == last: a copy of the last request. If the last broker has handled that request, the
 *     copy gets the same outcome (see repeat). If this broker has replied, drop the copy: a client
 *     that closes the descriptor of a second reply loses its locks on the file (fcntl(2)).
 * (3) serial == last + 1: the next request; handle it.
 * (4) serial < last: a copy of an older request; drop it.
 * (5) A request was handled since the take-over, or the peer has a ring: handle this one. A client
 *     with a ring sends no CLOSE again, since it has closed the handle in the ring.
 * (6) Rule 7 dropped this serial before, and it came again without a request before it. So no CLOSE
 *     is missing, only a request for which the journal had no room: handle this one.
 * (7) A CLOSE is missing: the last broker had received it, but not written it to the journal. Drop
 *     this request: the client sends both again.
 */
static bool is_dropped(struct peer *peer, const struct wire_header *header)
{
	const int32_t ahead = (int32_t)(header->serial - peer->last.serial);

	if (!peer->last.known || ahead == 1) /* 1, 3 */
		return false;
	if (ahead == 0) /* 2 */
		return peer->last.answered && header->op == peer->last.op;
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

static enum status handle_copy(const struct context *c)
{
	struct outcome *last = &c->peer->last;
	enum status status;

	if (c->request->header.op != last->op)
		return STATUS_MALFORMED;
	status = repeat(c);
	last->answered = status != STATUS_LATER;
	return status;
}

/*
 * The segment in the request: STAT has its name, HOLDERS its number. NULL: there is no such
 * segment.
 */
static struct segment *asked_about(const struct context *c)
{
	struct segment *segment = NULL;

	if (c->request->header.op == WIRE_OP_HOLDERS)
		return registry_find_number(&c->broker->registry, c->request->holders.segment);
	if (c->request->header.op == WIRE_OP_SIZE) {
		const struct holder *holder = peer_find(c->peer, c->request->size.handle);

		return holder ? holder->segment : NULL;
	}
	if (find_named(c, &segment) != STATUS_OK)
		return NULL;
	/*
	 * Of OPEN only a segment whose size is not fixed: whether it has holders makes a
	 * difference.
	 */
	return c->request->header.op != WIRE_OP_OPEN || segment->sealing == UNSEALED ? segment
										     : NULL;
}

/*
 * Whether a limit is in the way, so that what other connections have closed in their rings counts.
 */
static bool is_short_of_handles(const struct context *c)
{
	const struct holder *free = TAILQ_FIRST(&c->peer->free);
	const uint32_t wanted = handles_of(c->request);
	struct refusal why;

	if (wanted == 0 || (wanted == 1 && free && free->charge.account))
		return false;
	return charge_check(c->peer->account, RESOURCE_HANDLES, wanted, &why) != STATUS_OK;
}

/*
 * Drains the rings that the op's row in OPS names; all of them where a limit of handles is in the
 * way. This comes first, since it may remove a segment.
 */
static void drain(const struct context *c)
{
	struct broker *broker = c->broker;
	const enum drained drained = whose_rings(c->request);
	struct segment *segment;

	broker_drain(broker, c->peer);
	if (drained == DRAIN_ALL || is_short_of_handles(c))
		broker_drain_all(broker);
	segment = drained == DRAIN_SEGMENT ? asked_about(c) : NULL;
	if (segment)
		broker_drain_holders(broker, segment);
	if (!SLIST_EMPTY(&broker->registry.gone)) /* frees room that this request may need */
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
		status = handle_copy(&context);
	} else if (peer->watcher) {
		status = STATUS_MALFORMED; /* a watcher must send nothing but WATCH */
	} else {
		status = act(&context);
	}
	ring_set_quiet(&peer->ring, peer_is_quiet(peer));
	succession_commit(broker);
	ring_give_room(&peer->ring);
	reply->later = status == STATUS_LATER;
	reply_finish(reply, &request->header, status);
}
