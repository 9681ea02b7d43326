/* SPDX-License-Identifier: MIT */
/* How a peer comes to the broker, and how it goes. */
#ifndef PRSHM_DAEMON_CORE_BROKER_PEER_H
#define PRSHM_DAEMON_CORE_BROKER_PEER_H

#include "daemon/core/broker.h"

/*
 * A new peer with its account and limits. Takes the credentials, borrows the socket (or -1). OK,
 * NO_RESOURCES, NO_MEMORY.
 */
enum status broker_add_peer(struct broker *broker, const struct credentials *credentials, int fd,
	struct peer **out, struct refusal *why);
/* One that exists already: with its number, without socket and supplementary groups. NULL: no memory. */
struct peer *broker_restore_peer(
	struct broker *broker, const struct credentials *credentials, uint64_t number);
/* Closes all that the peer holds; the peer still counts as a connection. */
void broker_end_peer(struct broker *broker, struct peer *peer);
struct peer *broker_remove_peer(struct broker *broker, struct peer *peer); /* returns NULL */

#endif
