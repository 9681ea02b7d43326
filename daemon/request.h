/* SPDX-License-Identifier: MIT */
/* What the files of the broker share while they handle one request. One function an op. */
#ifndef PRSHM_DAEMON_REQUEST_H
#define PRSHM_DAEMON_REQUEST_H

#include "daemon/broker.h"

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

/* The rule that decides about the request's name, or NULL. */
const struct name_rule *rule_of_name(const struct context *c);

#endif
