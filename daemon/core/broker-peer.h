/* SPDX-License-Identifier: MIT */
/* Adds peers to the broker, and removes them. */
#ifndef PRSHM_DAEMON_CORE_BROKER_PEER_H
#define PRSHM_DAEMON_CORE_BROKER_PEER_H

#include "daemon/core/broker.h"

/*
 * Adds a new peer, with its account and limits. Takes the credentials. fd: the socket, borrowed, or
 * -1. OK, NO_RESOURCES, NO_MEMORY.
 */
enum status broker_add_peer(struct broker *broker, const struct credentials *credentials, int fd,
	struct peer **out, struct refusal *why);
/*
 * Adds a peer of the last broker, under its old number, without socket and supplementary groups.
 * NULL: no memory.
 */
struct peer *broker_restore_peer(
	struct broker *broker, const struct credentials *credentials, uint64_t number);
/* Closes all that the peer holds; the peer still counts as a connection. */
void broker_end_peer(struct broker *broker, struct peer *peer);
struct peer *broker_remove_peer(struct broker *broker, struct peer *peer); /* returns NULL */

#endif
