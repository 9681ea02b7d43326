/* SPDX-License-Identifier: MIT */
/* All peers of a broker, by number. */
#include "daemon/core/peers.h"

static int compare_peers(const struct peer *a, const struct peer *b)
{
	return (a->number > b->number) - (a->number < b->number);
}

RB_PROTOTYPE(peers, peer, by_number, compare_peers)
RB_GENERATE(peers, peer, by_number, compare_peers)

void peers_init(struct peers *peers)
{
	RB_INIT(peers);
}

void peers_add(struct peers *peers, struct peer *peer)
{
	RB_INSERT(peers, peers, peer);
}

void peers_remove(struct peers *peers, struct peer *peer)
{
	RB_REMOVE(peers, peers, peer);
}

struct peer *peers_find(struct peers *peers, uint64_t number)
{
	struct peer key = {.number = number};

	return RB_FIND(peers, peers, &key);
}

struct peer *peers_next(struct peers *peers, uint64_t after)
{
	struct peer key = {.number = after + 1};

	return after == UINT64_MAX ? NULL : RB_NFIND(peers, peers, &key);
}
