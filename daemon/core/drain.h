/* SPDX-License-Identifier: MIT */
/*
 * Drains rings: closes the handles that clients have closed there without a message. This is done
 * before anything that could show whether they are closed.
 */
#ifndef PRSHM_DAEMON_CORE_DRAIN_H
#define PRSHM_DAEMON_CORE_DRAIN_H

#include "daemon/core/broker.h"

/* Closes the peer's handle, and writes that to the journal. False: the handle is not open. */
bool close_handle(struct broker *broker, struct peer *peer, uint32_t handle);

/*
 * Drain the ring of one peer, of all peers, or of all peers that hold a segment. The journal always
 * has room for that, since a close cannot be refused. The last two also tell each of these peers
 * whether it may go on closing without a message.
 */
void broker_drain(struct broker *broker, struct peer *peer);
void broker_drain_all(struct broker *broker);
void broker_drain_holders(struct broker *broker, struct segment *segment);

#endif
