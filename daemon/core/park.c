/* SPDX-License-Identifier: MIT */
/*
 * Parked handles: who may park, and when they are swept.
 *
 * The broker believes its own holder::may_park, and not the bit FROZEN, which the client can write.
 * A client that writes nonsense closes its own handles of segments that stay, or keeps them.
 */
#include "daemon/core/park.h"

#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/watched.h"

static bool stays_without_handles(const struct segment *segment)
{
	return segment->named && segment->lifetime == WIRE_LIFETIME_KEPT && segment->linger == 0;
}

static bool may_park(const struct broker *broker, const struct holder *holder)
{
	struct segment *segment = holder->segment;

	return holder->peer->ring.page && holder->handle < RING_PARKABLE &&
	       segment->sealing == SEALED && segment->size <= RING_PARK_BYTES &&
	       stays_without_handles(segment) && watched_kinds(broker, segment) == 0;
}

static void set(struct holder *holder, bool allowed)
{
	holder->peer->parkable += allowed;
	holder->peer->parkable -= holder->may_park;
	holder->may_park = allowed;
}

void park_give_out(struct broker *broker, struct holder *holder)
{
	set(holder, may_park(broker, holder));
	ring_give_out(&holder->peer->ring, holder->handle, holder->may_park);
}

bool park_holds(const struct holder *holder)
{
	return holder->may_park && ring_is_parked(&holder->peer->ring, holder->handle);
}

/* The next holder with a handle that has bits: those of one peer are in order. */
static struct holder *next_with_bits(struct segment *segment, const struct holder *last)
{
	struct holder *holder = last ? peer_next_holder(segment, last->peer->number, last->handle)
				     : peer_next_holder(segment, 0, UINT32_MAX);

	while (holder && holder->handle >= RING_PARKABLE)
		holder = peer_next_holder(segment, holder->peer->number, UINT32_MAX);
	return holder;
}

uint32_t park_count(struct segment *segment)
{
	const struct holder *holder = NULL;
	uint32_t count = 0;

	if (!stays_without_handles(segment) || segment->size > RING_PARK_BYTES)
		return 0;
	while ((holder = next_with_bits(segment, holder)))
		count += park_holds(holder);
	return count;
}

uint64_t park_count_all(struct broker *broker)
{
	const struct peer *peer = peers_next(&broker->peers, 0);
	uint64_t count = 0;

	for (; peer; peer = peers_next(&broker->peers, peer->number)) {
		for (uint32_t i = 0, left = peer->parkable; left > 0; i++) {
			left -= peer->holders[i]->may_park;
			count += park_holds(peer->holders[i]);
		}
	}
	return count;
}

/* Without memory for the record, the journal's slack is used, as in broker_drain. */
static void make_room(struct broker *broker, enum record_kind kind)
{
	const struct record record = {.kind = kind};

	journal_reserve(&broker->journal, journal_record_size(&record));
}

static void claim(struct broker *broker, const struct holder *holder)
{
	make_room(broker, RECORD_CLOSE);
	close_handle(broker, holder->peer, holder->handle);
}

/* A handle that the client opened before the change may be parked after it: freeze that, too. */
static void sweep(struct broker *broker, struct holder *holder)
{
	if (!holder->may_park)
		return;
	set(holder, false);
	if (ring_freeze(&holder->peer->ring, holder->handle))
		claim(broker, holder);
}

/* Not succession_commit: no snapshot, since the request is not done. */
static void commit(struct broker *broker)
{
	journal_commit(&broker->journal);
}

static void sweep_holders(struct broker *broker, struct segment *segment)
{
	struct holder *holder = next_with_bits(segment, NULL);

	while (holder) {
		const struct holder last = {.peer = holder->peer, .handle = holder->handle};

		sweep(broker, holder); /* may take the holder out of the segment's tree */
		holder = next_with_bits(segment, &last);
	}
	commit(broker);
}

static void tell_holders(struct segment *segment)
{
	const struct holder *holder = peer_next_holder(segment, 0, UINT32_MAX);

	for (; holder; holder = peer_next_holder(segment, holder->peer->number, UINT32_MAX))
		ring_tell_change(&holder->peer->ring);
}

void park_sweep(struct broker *broker, struct segment *segment)
{
	tell_holders(segment);
	sweep_holders(broker, segment);
	segment->watched_in = 0; /* other rights: others may be told of the next handles */
}

/* No event tells of these closes: the client closed the handles before anybody watched them. */
void park_sweep_watched(struct broker *broker, const struct watcher *watcher)
{
	struct registry *registry = &broker->registry;
	const uint32_t kinds = registry->watches.kinds;
	struct segment *segment = NULL;

	if (!(watcher->kinds & WATCH_HANDLES))
		return;
	registry->watches.kinds = 0;
	while ((segment = registry_next(registry, segment ? segment->number : 0))) {
		if (segment->named && watched_by(broker, watcher, segment))
			sweep_holders(broker, segment);
	}
	registry->watches.kinds = kinds;
}

static void sweep_peer(struct broker *broker, struct peer *peer)
{
	for (uint32_t i = 0; peer->parkable > 0; i++)
		sweep(broker, peer->holders[i]);
}

static bool shares_limit(
	const struct peer *peer, struct account *account, const struct refusal *why)
{
	return why->kind != REFUSED_USER || account_payer(peer->account) == account_payer(account);
}

static bool can_release(const struct peer *peer)
{
	const struct holder *free = TAILQ_FIRST(&peer->free);

	if (free && free->charge.account)
		return true;
	for (uint32_t i = 0, left = peer->parkable; left > 0; i++) {
		left -= peer->holders[i]->may_park;
		if (park_holds(peer->holders[i]))
			return true;
	}
	return false;
}

bool park_can_release(struct broker *broker, struct account *account, const struct refusal *why)
{
	const struct peer *peer = peers_next(&broker->peers, 0);

	while (peer && !(shares_limit(peer, account, why) && can_release(peer)))
		peer = peers_next(&broker->peers, peer->number);
	return peer;
}

static void release_free(struct broker *broker, struct peer *peer)
{
	struct holder *holder;

	/* Released handles go to the end: the first one is charged, or none is. */
	while ((holder = TAILQ_FIRST(&peer->free)) && holder->charge.account) {
		make_room(broker, RECORD_RELEASED);
		peer_release(peer, holder->handle);
		journal_write_released(broker, holder);
	}
}

void park_release(struct broker *broker, struct account *account, const struct refusal *why)
{
	struct peer *peer = peers_next(&broker->peers, 0);

	for (; peer; peer = peers_next(&broker->peers, peer->number)) {
		if (shares_limit(peer, account, why))
			sweep_peer(broker, peer);
	}
	commit(broker);
	for (peer = peers_next(&broker->peers, 0); peer;
		peer = peers_next(&broker->peers, peer->number)) {
		if (shares_limit(peer, account, why))
			release_free(broker, peer);
	}
}

/*
 * A number that the journal does not know as open is frozen, too: the journal may have been
 * damaged, and the name may be another's soon.
 */
static void take_over_peer(struct broker *broker, struct peer *peer)
{
	struct ring *ring = &peer->ring;

	ring_start_parking(ring);
	for (uint32_t handle = 0; handle < RING_PARKABLE; handle++) {
		struct holder *holder = peer_find(peer, handle);

		if (!holder || !may_park(broker, holder))
			ring_freeze(ring, handle);
		else if (!ring_is_frozen(ring, handle))
			set(holder, true);
		else if (ring_is_parked(ring, handle))
			claim(broker, holder);
	}
}

void park_take_over(struct broker *broker)
{
	struct peer *peer = peers_next(&broker->peers, 0);

	for (; peer; peer = peers_next(&broker->peers, peer->number)) {
		if (peer->ring.page)
			take_over_peer(broker, peer);
	}
	commit(broker);
}
