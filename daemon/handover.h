/* SPDX-License-Identifier: MIT */
/*
 * Handing over: the keeper gets each descriptor that the next broker needs, as soon as this broker has
 * it. That is the other direction of takeover.h.
 */
#ifndef PRSHM_DAEMON_HANDOVER_H
#define PRSHM_DAEMON_HANDOVER_H

#include <stdbool.h>

#include "base/listen.h"
#include "daemon/core/broker.h"
#include "daemon/keeper-link.h"

struct event_base;

struct handover {
	struct keeper_link *link;  /* borrowed; handover_end closes the link */
	struct broker *broker;     /* borrowed */
	struct listener *listener; /* borrowed */
};

/* From here on each change is handed over. 0 or a negative errno. */
int handover_begin(struct handover *handover, struct event_base *base);
/*
 * The broker ends, and closes the link. end_keeper: nothing is to be kept, so a keeper of our own ends
 * too. Otherwise, and always with a keeper that somebody else runs, all stays for the next broker. Takes
 * one whose begin failed, or was never called.
 */
void handover_end(struct handover *handover, bool end_keeper);

#endif
