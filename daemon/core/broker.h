/* SPDX-License-Identifier: MIT */
/*
 * The broker's state: all there is, and who is connected. handle.h is the way through for requests,
 * broker-peer.h how peers come and go, tell.h what watchers hear, replay.h how it comes back.
 */
#ifndef PRSHM_DAEMON_CORE_BROKER_H
#define PRSHM_DAEMON_CORE_BROKER_H

#include "daemon/core/account.h"
#include "daemon/core/counters.h"
#include "daemon/core/journal.h"
#include "daemon/core/peers.h"
#include "daemon/core/policy.h"
#include "daemon/core/registry.h"

/* To whom descriptors go for the next broker. Both are one-way, and fail without a word. */
struct succession {
	void (*put)(void *data, uint64_t id, int fd); /* NULL: nobody */
	void (*drop)(void *data, uint64_t id);
	void *data;
};

struct broker {
	struct registry registry;
	struct accounts accounts;
	struct policy policy; /* owned */
	struct peers peers;
	uint64_t last_peer;   /* its number */
	struct journal journal;
	size_t compact_at;      /* journal::used, for a snapshot */
	uint64_t compact_again; /* not before that, on the clock of registry::now */
	struct succession succession;
	uint32_t restarts; /* how often a broker has taken over */
	struct health health;
	struct counters counters;
};

/* Takes the policy, whose host limits must all be numbers. */
void broker_init(struct broker *broker, struct policy *policy);
void broker_deinit(struct broker *broker); /* removes all its peers */
/* From here on it counts what it does: what it took over, another one did. */
void broker_start(struct broker *broker);
/* A new configuration. What exists stays; each peer's limits are applied anew by the caller. */
void broker_set_policy(struct broker *broker, struct policy *policy);
void broker_expire(struct broker *broker); /* removes the segments that are due */

#endif
