/* SPDX-License-Identifier: MIT */
/* One request while it is handled, and look-ups that several ops need. */
#ifndef PRSHM_DAEMON_CORE_REQUEST_H
#define PRSHM_DAEMON_CORE_REQUEST_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

struct context {
	struct broker *broker;
	struct peer *peer;
	const struct wire_request *request;
	struct reply *reply;
	uint32_t place; /* the number of the name in OPEN_MANY, from 1; 0: another op */
};

/* The segment that has the request's name. OK, BAD_NAME, NAME_TOO_LONG, NOT_FOUND. */
enum status find_named(const struct context *c, struct segment **out);
unsigned int rights_on(const struct context *c, const struct segment *segment);

/* Whether lists and events tell that user of a segment with these rights: see prshm(7). */
bool broker_shows(
	const struct broker *broker, const struct credentials *who, const struct rights *rights);
/* Whether the peer may see all segments: root, and the policy's observers. That gives no rights. */
bool is_observer(const struct context *c);
/* Whether the peer may know that the segment exists: it has a right, or is an observer. */
bool is_visible(const struct context *c, const struct segment *segment);

/* Tells the watchers what this peer has done. */
static inline void note_event(
	const struct context *c, enum wire_event_kind kind, const struct segment *segment)
{
	registry_note(&c->broker->registry, kind, segment, &c->peer->credentials);
}

/* The policy's rule for the request's name, or NULL. decider: as in policy_find. */
const struct name_rule *rule_of_name(const struct context *c, const struct name_rule **decider);

/* Counts the outcome of a request, or of one name of OPEN_MANY, if it was denied or refused. */
void count_refused(const struct context *c, enum status status);

#endif
