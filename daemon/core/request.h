/* SPDX-License-Identifier: MIT */
/* What the files of the broker share while they handle one request. One function an op. */
#ifndef PRSHM_DAEMON_CORE_REQUEST_H
#define PRSHM_DAEMON_CORE_REQUEST_H

#include "daemon/core/drain.h"

struct context {
	struct broker *broker;
	struct peer *peer;
	const struct wire_request *request;
	struct reply *reply;
	uint32_t place; /* of a name in OPEN_MANY, from 1; else 0 */
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
const struct name_rule *rule_of_name(const struct context *c, const struct name_rule **decider);

/* Answers once more with what the last request opened. */
enum status repeat_hold(const struct context *c);
enum status repeat_many(const struct context *c);

/* For the counters: an outcome that a request, or a name of OPEN_MANY, had. */
void count_refused(const struct context *c, enum status status);

/* The descriptor that goes with these rights, put into the reply; with none at all there is none. */
enum status choose_fd(const struct segment *segment, unsigned int rights, struct reply *reply);
/* Takes the name away from a segment that has one. */
void remove_name(const struct context *c, struct segment *segment);
/* What an open of that segment is told. */
struct wire_opened opened_of(const struct holder *holder);

#endif
