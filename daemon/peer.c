/* SPDX-License-Identifier: MIT */
/* What one connection holds. Handles are small numbers, given out again once they are closed. */
#include "daemon/peer.h"

#include <stdlib.h>

#define FIRST_ROOM 8U

enum status peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account, struct refusal *why)
{
	*peer = (struct peer){
		.credentials = *credentials,
		.registry = registry,
		.account = account,
	};
	SLIST_INIT(&peer->free);
	return charge_init(&peer->connection, account, RESOURCE_CONNECTIONS, 1, why);
}

void peer_close_all(struct peer *peer)
{
	for (uint32_t handle = 0; handle < peer->holder_count; handle++)
		peer_close(peer, handle);
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

enum status peer_reserve(struct peer *peer, struct refusal *why)
{
	struct holder *holder;
	enum status status;

	if (!SLIST_EMPTY(&peer->free))
		return STATUS_OK;
	if (!make_room(peer))
		return STATUS_NO_MEMORY;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return STATUS_NO_MEMORY;
	status = charge_init(&holder->charge, peer->account, RESOURCE_HANDLES, 1, why);
	if (status != STATUS_OK) {
		free(holder);
		return status;
	}
	holder->handle = peer->holder_count;
	peer->holders[peer->holder_count++] = holder;
	SLIST_INSERT_HEAD(&peer->free, holder, in_free);
	return STATUS_OK;
}

uint32_t peer_hold(struct peer *peer, struct segment *segment)
{
	struct holder *holder = SLIST_FIRST(&peer->free);

	assert(holder);
	SLIST_REMOVE_HEAD(&peer->free, in_free);
	holder->segment = segment;
	TAILQ_INSERT_TAIL(&segment->holders, holder, in_segment);
	if (segment->holder_count++ == 0)
		registry_held(peer->registry, segment);
	return holder->handle;
}

bool peer_close(struct peer *peer, uint32_t handle)
{
	struct holder *holder = handle < peer->holder_count ? peer->holders[handle] : NULL;
	struct segment *segment = holder ? holder->segment : NULL;

	if (!segment)
		return false;
	TAILQ_REMOVE(&segment->holders, holder, in_segment);
	segment->holder_count--;
	holder->segment = NULL;
	SLIST_INSERT_HEAD(&peer->free, holder, in_free);
	if (segment->holder_count == 0)
		registry_unheld(peer->registry, segment);
	return true;
}
