/* SPDX-License-Identifier: MIT */
/* What one connection holds. Handles are small numbers, given out again once they are closed. */
#include "daemon/peer.h"

#include <stdlib.h>

#define FIRST_ROOM 8U

void peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, uint32_t holder_limit)
{
	*peer = (struct peer){
		.credentials = *credentials,
		.registry = registry,
		.holder_limit = holder_limit,
	};
	SLIST_INIT(&peer->free);
}

void peer_close_all(struct peer *peer)
{
	for (uint32_t handle = 0; handle < peer->holder_count; handle++)
		peer_close(peer, handle);
}

void peer_deinit(struct peer *peer)
{
	peer_close_all(peer);
	for (uint32_t handle = 0; handle < peer->holder_count; handle++)
		free(peer->holders[handle]);
	free(peer->holders);
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

enum status peer_reserve(struct peer *peer)
{
	struct holder *holder;

	if (!SLIST_EMPTY(&peer->free))
		return STATUS_OK;
	if (peer->holder_count >= peer->holder_limit)
		return STATUS_NO_RESOURCES;
	if (!make_room(peer))
		return STATUS_NO_MEMORY;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return STATUS_NO_MEMORY;
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
	segment->holder_count++;
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
	registry_collect(peer->registry, segment);
	return true;
}
