/* SPDX-License-Identifier: MIT */
/* What the files of the broker share while they handle one request. One function an op. */
#ifndef PRSHM_DAEMON_REQUEST_H
#define PRSHM_DAEMON_REQUEST_H

#include "daemon/broker-ring.h"

struct context {
	struct broker *broker;
	struct peer *peer;
	const struct wire_request *request;
	struct reply *reply;
};

#define X(name, value, request, reply, tail) enum status handle_##name(const struct context *c);
WIRE_OPS(X)
#undef X

/* Looks the request's name up. OK, BAD_NAME, NAME_TOO_LONG, NOT_FOUND. */
enum status find_named(const struct context *c, struct segment **out);
unsigned int rights_on(const struct context *c, const struct segment *segment);

/* Whether who asks sees all there is: root, and the policy's observers. It gives no rights. */
bool is_observer(const struct context *c);
/* One's own and what one can read; of anything else not even the existence is told. */
bool is_visible(const struct context *c, const struct segment *segment);

/* For those who watch. */
static inline void note_event(
	const struct context *c, enum wire_event_kind kind, const struct segment *segment)
{
	watches_note(&c->broker->registry.watches, kind, segment, &c->peer->credentials);
}

/* The rule that decides about the request's name, or NULL. */
const struct name_rule *rule_of_name(const struct context *c);

/* Answers once more with what the last request opened. */
enum status repeat_hold(const struct context *c);

#endif
