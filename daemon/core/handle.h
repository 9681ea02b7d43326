/* SPDX-License-Identifier: MIT */
/*
 * The one way through the broker: one request in, one reply out, and no way out but the reply.
 *
 * It checks everything, then charges, then changes: nothing is rolled back but charges. It knows
 * neither sockets nor the event loop, so a test can call it like a function.
 */
#ifndef PRSHM_DAEMON_CORE_HANDLE_H
#define PRSHM_DAEMON_CORE_HANDLE_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

/* The reply is as reply_init left it; the caller sends it, and then calls reply_deinit. */
void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply);

#endif
