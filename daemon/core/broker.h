/* SPDX-License-Identifier: MIT */
/*
 * The broker's state: all segments, peers and accounts, the policy, and the journal. Other files
 * use it: handle.h handles requests, broker-peer.h adds and removes peers, tell.h tells watchers
 * what happened, and replay.h restores the state after a restart.
 */
#ifndef PRSHM_DAEMON_CORE_BROKER_H
#define PRSHM_DAEMON_CORE_BROKER_H

#include "daemon/core/account.h"
#include "daemon/core/counters.h"
#include "daemon/core/journal.h"
#include "daemon/core/peers.h"
#include "daemon/core/policy.h"
#include "daemon/core/registry.h"

/*
 * How descriptors get to the keeper, for the next broker. Neither put nor drop tells of a failure.
 */
struct succession {
	void (*put)(void *data, uint64_t id, int fd);          /* NULL: there is no keeper */
	void (*drop)(void *data, uint64_t id, uint64_t bytes); /* bytes: as for memory_close */
	void *data;
	/* Does work(of) in a thread; false: there is none. NULL: no thread is to be asked for. */
	bool (*run)(void (*work)(void *of), void *of);
};

struct broker {
	struct registry registry;
	struct accounts accounts;
	struct policy policy; /* owned */
	struct peers peers;
	uint64_t last_peer; /* the number of the newest peer */
	struct journal journal;
	struct journal spare;   /* the one before it, whose memory the next may have; fd -1: none */
	size_t compact_at;      /* bytes: a snapshot is due when journal::used reaches this */
	uint64_t compact_again; /* nanoseconds since 1970: no snapshot is tried before */
	struct rewrite *rewrite; /* owned: the snapshot that a thread writes (rewrite.h); or NULL */
	struct succession succession;
	uint32_t restarts; /* how often a broker has taken over */
	struct health health;
	struct counters counters;
};

/* Takes the policy, whose host limits must all be numbers. */
void broker_init(struct broker *broker, struct policy *policy);
void broker_deinit(struct broker *broker); /* removes all its peers, too */
/* To be called after the take-over. Sets all counters to 0: the last broker did what they count. */
void broker_start(struct broker *broker);
/*
 * A new configuration, taken over. What exists stays; each peer's limits are applied anew by the
 * caller. False: there was no memory to charge all uids to their new principals.
 */
bool broker_set_policy(struct broker *broker, struct policy *policy);
void broker_expire(struct broker *broker); /* removes the segments that are due */
/* When the next ones are: nanoseconds, CLOCK_MONOTONIC; 0: none will be. */
uint64_t broker_deadline(struct broker *broker);

#endif
