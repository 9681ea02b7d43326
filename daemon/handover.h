/* SPDX-License-Identifier: MIT */
/*
 * Hand-over: the keeper gets each descriptor that the next broker needs, as soon as this broker has
 * it. The other direction is the take-over (takeover.h).
 */
#ifndef PRSHM_DAEMON_HANDOVER_H
#define PRSHM_DAEMON_HANDOVER_H

#include <stdbool.h>

#include "base/listen.h"
#include "daemon/core/broker.h"
#include "daemon/keeper-link.h"
#include "daemon/settings.h"

struct event_base;
struct parcel_filling;

struct handover {
	struct keeper_link *link;        /* borrowed; handover_end closes the link */
	struct broker *broker;           /* borrowed */
	struct listener *listener;       /* borrowed */
	const struct settings *settings; /* borrowed */
	/* borrowed; where all is put instead of to the keeper; or NULL */
	struct parcel_filling *parcel;
};

/* From here on each change is handed over. 0 or a negative errno. */
int handover_begin(struct handover *handover, struct event_base *base);
void handover_configuration(struct handover *handover); /* another one counts */
void handover_listener(struct handover *handover);      /* the listener is another one */
/*
 * Ends the hand-over, and closes the link. end_keeper: no other broker will go on, so the broker's
 * own keeper ends, too. Otherwise the keeper still has all, for the next broker; so does a keeper
 * that somebody else runs, in any case. If there is none of these now, the service manager gets all
 * (base/leave.h). May be called when handover_begin failed, or was never
 * called.
 */
void handover_end(struct handover *handover, bool end_keeper);

#endif
