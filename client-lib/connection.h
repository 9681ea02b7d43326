/* SPDX-License-Identifier: MIT */
/*
 * This process's one connection to the broker: made when it is needed, made again when it broke,
 * and never shared with a child of fork. Safe to use from several threads.
 */
#ifndef PRSHM_CLIENT_CONNECTION_H
#define PRSHM_CLIENT_CONNECTION_H

#include "client-lib/channel.h"

/* Longer than a broker's restart: what connecting, sending and receiving each wait at most. */
#define CONNECTION_SECONDS 10

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno: -ETIMEDOUT, -EMFILE (no room for the descriptor), -ENOMEM, -EPROTO, or whatever
 * kept us from the broker. The caller owns answer->fd only after 0, or all that came: channel.h.
 */
int connection_call(struct wire_request *request, struct broker_answer *answer);

/*
 * One more connection to the same broker, which is the caller's, and blocking with a time-out of so many
 * seconds. A negative errno.
 */
int connection_make_another(int seconds);

/* Sends CLOSE, if that connection is still the one. What a broken one held is closed anyhow. */
void connection_close_handle(uint64_t connection, uint32_t handle);
/* The same, and the name of the segment goes, which was made by opening that handle. */
void connection_take_back(uint64_t connection, uint32_t handle);

#endif
