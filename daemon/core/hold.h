/* SPDX-License-Identifier: MIT */
/*
 * What every open ends with: a descriptor in the reply, a handle of the peer, and the reply's body.
 */
#ifndef PRSHM_DAEMON_CORE_HOLD_H
#define PRSHM_DAEMON_CORE_HOLD_H

#include "daemon/core/request.h"

/* What this peer's descriptor may do. */
unsigned int access_on(const struct context *c, const struct segment *segment, bool readonly);
/*
 * Puts a descriptor with these rights into the reply; none if there are no rights. While the
 * size is 0, only a descriptor with FILL can write.
 */
enum status choose_fd(const struct segment *segment, unsigned int rights, struct reply *reply);
/* The reply's body for a holder that was opened. */
struct wire_opened opened_of(const struct holder *holder);
/* Makes sure that the peer can get one more handle. OK, NO_RESOURCES, NO_MEMORY. */
enum status reserve_handle(const struct context *c);
/* The last step of a successful open: the peer, which has reserved a handle, gets it. */
void take_hold(const struct context *c, struct segment *segment, unsigned int access);
/* Replies to a copy of the last request, which opened one segment. */
enum status repeat_hold(const struct context *c);

#endif
