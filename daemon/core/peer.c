/* SPDX-License-Identifier: MIT */
/*
 * The holders of one connection. Handles are small numbers; a handle that was closed is used again.
 */
#include "daemon/core/peer.h"

#include <stdlib.h>

#define FIRST_ROOM 8U

/*
 * The order is by peer and handle, not by time. These numbers stay the same when another broker
 * takes over. So a client that reads a list of holders page by page can go on after a restart.
 */
static int compare_holders(const struct holder *a, const struct holder *b)
{
	if (a->peer->number != b->peer->number)
		return a->peer->number > b->peer->number ? 1 : -1;
	return (a->handle > b->handle) - (a->handle < b->handle);
}

RB_PROTOTYPE(holders, holder, in_segment, compare_holders)
RB_GENERATE(holders, holder, in_segment, compare_holders)

struct holder *peer_next_holder(struct segment *segment, uint64_t peer, uint32_t handle)
{
	struct peer key_peer = {.number = peer};
	const struct holder key = {.peer = &key_peer, .handle = handle};
	struct holder *found = RB_NFIND(holders, &segment->holders, (struct holder *)&key);

	return found && compare_holders(found, &key) == 0
		       ? RB_NEXT(holders, &segment->holders, found)
		       : found;
}

/* Whether the segment's name is removed some time after the last holder has gone. */
static bool goes_unused(const struct segment *segment)
{
	return segment->linger > 0 || segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED;
}

/* Whether something happens to the segment when its last holder goes. */
static bool is_pinned(const struct segment *segment)
{
	return !segment->named || goes_unused(segment);
}

void peer_pin_unnamed(struct segment *segment)
{
	struct holder *holder;

	assert(!segment->named);
	if (goes_unused(segment)) /* the holders were counted while the segment had its name */
		return;
	RB_FOREACH(holder, holders, &segment->holders)
		holder->peer->pins++;
}

bool peer_is_quiet(const struct peer *peer)
{
	return peer->pins == 0 && peer->told == 0;
}

static void set_up(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account)
{
	*peer = (struct peer){
		.fd = -1,
		.credentials = *credentials,
		.registry = registry,
		.account = account,
	};
	TAILQ_INIT(&peer->free);
	ring_init(&peer->ring);
}

enum status peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account, struct refusal *why)
{
	set_up(peer, registry, credentials, account);
	return charge_init(&peer->connection, account, RESOURCE_CONNECTIONS, 1, why);
}

void peer_restore(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account)
{
	set_up(peer, registry, credentials, account);
	charge_restore(&peer->connection, account, RESOURCE_CONNECTIONS, 1);
}

void peer_close_all(struct peer *peer)
{
	peer->watcher = watcher_free(&peer->registry->watches, peer->watcher);
	ring_freeze_all(&peer->ring); /* the client may live on, and must take nothing back */
	for (uint32_t handle = 0; handle < peer->holder_count; handle++)
		peer_close(peer, handle);
	ring_deinit(&peer->ring);
}

void peer_deinit(struct peer *peer)
{
	peer_close_all(peer);
	for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
		charge_deinit(&peer->holders[handle]->charge);
		free(peer->holders[handle]);
	}
	free(peer->holders);
	charge_deinit(&peer->connection);
	account_unref(peer->account);
	credentials_deinit(&peer->credentials);
	*peer = (struct peer){0};
}

static bool make_room(struct peer *peer)
{
	uint32_t room = peer->holder_room > 0 ? peer->holder_room * 2 : FIRST_ROOM;
	struct holder **holders;

	if (peer->holder_count < peer->holder_room)
		return true;
	holders = reallocarray(peer->holders, room, sizeof(*holders));
	if (!holders)
		return false;
	peer->holders = holders;
	peer->holder_room = room;
	return true;
}

/* Adds a free holder, without its charge. */
static struct holder *add_holder(struct peer *peer)
{
	struct holder *holder;

	if (peer->holder_count >= PEER_HANDLES_MAX || !make_room(peer))
		return NULL;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return NULL;
	holder->peer = peer;
	holder->handle = peer->holder_count;
	peer->holders[peer->holder_count++] = holder;
	TAILQ_INSERT_HEAD(&peer->free, holder, in_free);
	return holder;
}

static void remove_last_holder(struct peer *peer)
{
	struct holder *holder = peer->holders[--peer->holder_count];

	TAILQ_REMOVE(&peer->free, holder, in_free);
	free(holder);
}

/* For a holder that was released, if it was. */
static enum status charge_again(struct peer *peer, struct holder *holder, struct refusal *why)
{
	enum status status = STATUS_OK;

	if (holder->charge.account)
		return STATUS_OK;
	status = charge_init(&holder->charge, peer->account, RESOURCE_HANDLES, 1, why);
	peer->released -= status == STATUS_OK;
	return status;
}

bool peer_release(struct peer *peer, uint32_t handle)
{
	struct holder *holder = handle < peer->holder_count ? peer->holders[handle] : NULL;

	if (!holder || holder->segment || !holder->charge.account)
		return false;
	charge_deinit(&holder->charge);
	peer->released++;
	TAILQ_REMOVE(&peer->free, holder, in_free);
	TAILQ_INSERT_TAIL(&peer->free, holder, in_free);
	return true;
}

enum status peer_reserve(struct peer *peer, struct refusal *why)
{
	struct holder *holder = TAILQ_FIRST(&peer->free);
	enum status status;

	if (holder)
		return charge_again(peer, holder, why);
	holder = add_holder(peer);
	if (!holder)
		return STATUS_NO_MEMORY;
	status = charge_init(&holder->charge, peer->account, RESOURCE_HANDLES, 1, why);
	if (status != STATUS_OK)
		remove_last_holder(peer);
	return status;
}

static void note_opener(const struct peer *peer, struct segment *segment, uint64_t since)
{
	const struct actor actor = {
		.uid = peer->credentials.uid,
		.pid = (uint32_t)peer->credentials.pid,
		.known = true,
	};

	if (!segment->creator.known && since == segment->created)
		segment->creator = actor;
	if (segment->opened > since) /* in a snapshot, holds are in no order of time */
		return;
	segment->opened = since;
	segment->opener = actor;
}

static void take_hold(struct peer *peer, struct holder *holder, struct segment *segment,
	uint64_t since, uint32_t access)
{
	TAILQ_REMOVE(&peer->free, holder, in_free);
	holder->segment = segment;
	holder->since = since;
	holder->access = access;
	note_opener(peer, segment, since);
	RB_INSERT(holders, &segment->holders, holder);
	peer->pins += is_pinned(segment);
	peer->told += segment->told;
	peer->registry->handles++;
	peer->registry->counters->opens++;
	if (segment->holder_count++ == 0)
		registry_held(peer->registry, segment);
}

struct holder *peer_hold(
	struct peer *peer, struct segment *segment, uint64_t since, uint32_t access)
{
	struct holder *holder = TAILQ_FIRST(&peer->free);

	assert(holder);
	take_hold(peer, holder, segment, since, access);
	return holder;
}

bool peer_restore_handles(struct peer *peer, uint32_t count)
{
	while (peer->holder_count < count) {
		struct holder *holder = add_holder(peer);

		if (!holder)
			return false;
		charge_restore(&holder->charge, peer->account, RESOURCE_HANDLES, 1);
	}
	return true;
}

bool peer_restore_hold(struct peer *peer, struct segment *segment, uint32_t handle, uint64_t since,
	uint32_t access)
{
	struct holder *holder;

	if (handle >= PEER_HANDLES_MAX || !peer_restore_handles(peer, handle + 1))
		return false;
	holder = peer->holders[handle];
	if (!holder->charge.account) {
		charge_restore(&holder->charge, peer->account, RESOURCE_HANDLES, 1);
		peer->released--;
	}
	take_hold(peer, holder, segment, since, access);
	return true;
}

struct holder *peer_find(const struct peer *peer, uint32_t handle)
{
	struct holder *holder = handle < peer->holder_count ? peer->holders[handle] : NULL;

	return holder && holder->segment ? holder : NULL;
}

bool peer_close(struct peer *peer, uint32_t handle)
{
	struct holder *holder = peer_find(peer, handle);
	struct segment *segment;

	if (!holder)
		return false;
	segment = holder->segment;
	RB_REMOVE(holders, &segment->holders, holder);
	peer->pins -= is_pinned(segment);
	peer->registry->handles--;
	peer->registry->counters->closes++;
	segment->holder_count--;
	segment->closed_once = true;
	holder->segment = NULL;
	peer->parkable -= holder->may_park;
	holder->may_park = false;
	peer->told -= segment->told;
	TAILQ_INSERT_HEAD(&peer->free, holder, in_free);
	registry_note(peer->registry, WIRE_EVENT_CLOSED, segment, &peer->credentials);
	if (segment->holder_count == 0) {
		registry_note(peer->registry, WIRE_EVENT_UNUSED, segment, &peer->credentials);
		registry_unheld(peer->registry, segment);
	}
	return true;
}
