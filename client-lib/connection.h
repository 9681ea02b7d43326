/* SPDX-License-Identifier: MIT */
/*
 * This process's one connection to the broker: made when it is needed, made again when it broke, and
 * never shared with a child of fork. Safe to use from several threads.
 */
#ifndef PRSHM_CLIENT_CONNECTION_H
#define PRSHM_CLIENT_CONNECTION_H

#include "wire/wire.h"

/* Longer than a broker's restart: what connecting, sending and receiving each wait at most. */
#define CONNECTION_SECONDS 10

struct answer {
	struct wire_reply reply;
	struct wire_message message; /* what the reply borrows from */
	int fd;                      /* owned by whoever takes it; -1: none came */
	uint64_t connection;         /* the number of the connection it came on */
};

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno: -ETIMEDOUT, -EMFILE (no room for the descriptor), -EPROTO, or whatever kept us
 * from the broker. The caller owns answer->fd only after 0.
 */
int connection_call(struct wire_request *request, struct answer *answer);

/* Sends CLOSE, if that connection is still the one. What a broken one held is closed anyhow. */
void connection_close_handle(uint64_t connection, uint32_t handle);

#endif
