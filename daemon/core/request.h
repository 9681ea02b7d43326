/* SPDX-License-Identifier: MIT */
/* One request while it is handled, and what the ops look up for it. */
#ifndef PRSHM_DAEMON_CORE_REQUEST_H
#define PRSHM_DAEMON_CORE_REQUEST_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"

struct context {
	struct broker *broker;
	struct peer *peer;
	const struct wire_request *request;
	struct reply *reply;
	uint32_t place; /* of a name in OPEN_MANY, from 1; else 0 */
};

/* Looks the request's name up. OK, BAD_NAME, NAME_TOO_LONG, NOT_FOUND. */
enum status find_named(const struct context *c, struct segment **out);
unsigned int rights_on(const struct context *c, const struct segment *segment);

/* Whether a list, or an event, tells that user of a segment with such rights: see prshm(7). */
bool broker_shows(
	const struct broker *broker, const struct credentials *who, const struct rights *rights);
/* Whether the peer sees all there is: root, and the policy's observers. It gives no rights. */
bool is_observer(const struct context *c);
/* One's own and what one can read; of anything else not even the existence is told. */
bool is_visible(const struct context *c, const struct segment *segment);

/* For those who watch. */
static inline void note_event(
	const struct context *c, enum wire_event_kind kind, const struct segment *segment)
{
	registry_note(&c->broker->registry, kind, segment, &c->peer->credentials);
}

/* The rule that decides about the request's name, or NULL. */
const struct name_rule *rule_of_name(const struct context *c, const struct name_rule **decider);

/* For the counters: an outcome that a request, or a name of OPEN_MANY, had. */
void count_refused(const struct context *c, enum status status);

#endif
