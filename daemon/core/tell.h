/* SPDX-License-Identifier: MIT */
/* What a watcher is told. */
#ifndef PRSHM_DAEMON_CORE_TELL_H
#define PRSHM_DAEMON_CORE_TELL_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

/*
 * Makes the next message for a watcher; expected: there is something to tell. Once it is sent the
 * watcher goes on where this returns.
 */
uint64_t broker_tell_watcher(
	const struct broker *broker, const struct watcher *watcher, struct reply *reply);

#endif
