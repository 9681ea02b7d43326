/* SPDX-License-Identifier: MIT */
/* All peers of a broker, by number. */
#ifndef PRSHM_DAEMON_CORE_PEERS_H
#define PRSHM_DAEMON_CORE_PEERS_H

#include "daemon/core/peer.h"

RB_HEAD(peers, peer); /* peer::by_number */

void peers_init(struct peers *peers);
void peers_add(struct peers *peers, struct peer *peer); /* peer->number must be set */
void peers_remove(struct peers *peers, struct peer *peer);
struct peer *peers_find(struct peers *peers, uint64_t number); /* NULL: there is none */
/* The peer with the smallest number above after, or NULL. */
struct peer *peers_next(struct peers *peers, uint64_t after);

#endif
