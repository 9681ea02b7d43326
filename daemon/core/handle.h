/* SPDX-License-Identifier: MIT */
/*
 * The one way through the broker: one request in, one reply out. Every outcome is a status in the
 * reply.
 *
 * Each op first checks everything, then charges, then changes. So only charges ever need to be
 * undone. Nothing here knows sockets or the event loop, so a test can call it like any function.
 */
#ifndef PRSHM_DAEMON_CORE_HANDLE_H
#define PRSHM_DAEMON_CORE_HANDLE_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

/* The reply is as reply_init left it; the caller sends it, and then calls reply_deinit. */
void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply);

#endif
