/* SPDX-License-Identifier: MIT */
/*
 * The broker: one request in, one reply out, and no way out but the reply.
 *
 * It checks everything, then charges, then changes: nothing is rolled back but charges. It knows
 * neither sockets nor the event loop, so a test can call it like a function.
 */
#ifndef PRSHM_DAEMON_BROKER_H
#define PRSHM_DAEMON_BROKER_H

#include "daemon/account.h"
#include "daemon/peer.h"
#include "daemon/policy.h"
#include "daemon/registry.h"

struct broker {
	struct registry registry;
	struct accounts accounts;
	struct policy policy; /* owned */
	uint64_t now;         /* nanoseconds since 1970; set by the shell before each request */
};

struct reply {
	struct wire_reply wire;
	bool expected; /* false: this op has no reply */
	int fd;        /* to send along, or -1 */
	bool fd_owned; /* by this reply; otherwise by a segment that the peer holds */
	int error;     /* errno, where the status is INTERNAL */
	struct refusal refusal; /* where the status is NO_RESOURCES and a limit is the reason */
	uint8_t tail[WIRE_MESSAGE_MAX];
};

/* Takes the policy, whose host limits must all be numbers. */
void broker_init(struct broker *broker, struct policy *policy);
void broker_deinit(struct broker *broker); /* after all its peers */
/* A new configuration. What exists stays; each peer's limits are applied anew by the caller. */
void broker_set_policy(struct broker *broker, struct policy *policy);

/* A new peer with its account and limits. Takes the credentials. OK, NO_RESOURCES, NO_MEMORY. */
enum status broker_add_peer(struct broker *broker, const struct credentials *credentials,
	struct peer *peer, struct refusal *why);

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply);
void reply_init(struct reply *reply);
/* The header of the answer; broker_handle does it for what it handles. */
void reply_finish(struct reply *reply, const struct wire_header *request, enum status status);
void reply_deinit(struct reply *reply);

#endif
