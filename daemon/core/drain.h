/* SPDX-License-Identifier: MIT */
/*
 * What comes in by rings: handles that were closed without a message. They are looked for before anything
 * that could tell the difference.
 */
#ifndef PRSHM_DAEMON_CORE_DRAIN_H
#define PRSHM_DAEMON_CORE_DRAIN_H

#include "daemon/core/broker.h"

/* Closes a handle of the peer's. False: it is not open. */
bool close_handle(struct broker *broker, struct peer *peer, uint32_t handle);

/*
 * Closes what the peer, all peers, or all who hold a segment have closed in their rings. Journals have room
 * for it: it cannot be refused. The last two also tell them whether they may go on without messages.
 */
void broker_drain(struct broker *broker, struct peer *peer);
void broker_drain_all(struct broker *broker);
void broker_drain_holders(struct broker *broker, struct segment *segment);

#endif
