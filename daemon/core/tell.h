/* SPDX-License-Identifier: MIT */
/* Makes the messages for a watcher. */
#ifndef PRSHM_DAEMON_CORE_TELL_H
#define PRSHM_DAEMON_CORE_TELL_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

/*
 * Makes the next message for a watcher. reply->expected: there is a message to send. Returns the
 * place in the backlog where the watcher goes on, once the message is sent.
 */
uint64_t broker_tell_watcher(
	const struct broker *broker, const struct watcher *watcher, struct reply *reply);

#endif
