/* SPDX-License-Identifier: MIT */
/*
 * The broker: one request in, one reply out, and no way out but the reply.
 *
 * It checks everything, then charges, then changes: nothing is rolled back but charges. It knows
 * neither sockets nor the event loop, so a test can call it like a function.
 */
#ifndef PRSHM_DAEMON_CORE_BROKER_H
#define PRSHM_DAEMON_CORE_BROKER_H

#include "daemon/core/account.h"
#include "daemon/core/counters.h"
#include "daemon/core/journal.h"
#include "daemon/core/peer.h"
#include "daemon/core/policy.h"
#include "daemon/core/registry.h"
#include "daemon/core/reply.h"

RB_HEAD(peers, peer);

/* Where the keeper has what the broker depends on; a segment under 2n, a connection under 2n + 1. */
#define KEPT_JOURNAL UINT64_C(1)
#define KEPT_SOCKET  UINT64_C(3) /* listening */
#define KEPT_LOCK    UINT64_C(5)
#define PEER_FIRST   8 /* a connection's first number: it is kept under 17 */

/* Who keeps descriptors for the next broker. Both are one-way, and fail without a word. */
struct keeping {
	void (*put)(void *data, uint64_t id, int fd); /* NULL: nobody */
	void (*drop)(void *data, uint64_t id);
	void *data;
};

struct broker {
	struct registry registry;
	struct accounts accounts;
	struct policy policy; /* owned */
	struct peers peers;   /* peer::by_number */
	uint64_t last_peer;   /* its number */
	struct journal journal;
	size_t compact_at;      /* journal::used, for a snapshot */
	uint64_t compact_again; /* not before that, on the clock of now */
	struct keeping keeping;
	uint32_t restarts; /* how often a broker has taken over */
	struct health health;
	struct counters counters;
	uint64_t now; /* nanoseconds since 1970; set by the shell before each request */
};

/* Takes the policy, whose host limits must all be numbers. */
void broker_init(struct broker *broker, struct policy *policy);
void broker_deinit(struct broker *broker); /* removes all its peers */
/* From here on it counts what it does: what it took over, another one did. */
void broker_start(struct broker *broker);
/* A new configuration. What exists stays; each peer's limits are applied anew by the caller. */
void broker_set_policy(struct broker *broker, struct policy *policy);

/*
 * A new peer with its account and limits. Takes the credentials, borrows the socket (or -1). OK,
 * NO_RESOURCES, NO_MEMORY.
 */
enum status broker_add_peer(struct broker *broker, const struct credentials *credentials, int fd,
	struct peer **out, struct refusal *why);
/* One that exists already: with its number, without socket and supplementary groups. NULL: no memory. */
struct peer *broker_restore_peer(
	struct broker *broker, const struct credentials *credentials, uint64_t number);
/* Closes all that the peer holds; it still counts as a connection. */
void broker_end_peer(struct broker *broker, struct peer *peer);
struct peer *broker_remove_peer(struct broker *broker, struct peer *peer); /* returns NULL */
struct peer *broker_find_peer(struct broker *broker, uint64_t number);
/* The peer with the smallest number above after, or NULL. */
struct peer *broker_next_peer(struct broker *broker, uint64_t after);
void broker_expire(struct broker *broker); /* removes the segments that are due */

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply);
/* Whether a list, or an event, tells that user of a segment with such rights: see prshm(7). */
bool broker_shows(
	const struct broker *broker, const struct credentials *who, const struct rights *rights);
/*
 * Makes the next message for a watcher; expected: there is something to tell. Once it is sent the
 * watcher goes on where this returns.
 */
uint64_t broker_tell_watcher(
	const struct broker *broker, const struct watcher *watcher, struct reply *reply);

#endif
