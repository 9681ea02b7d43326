/* SPDX-License-Identifier: MIT */
/*
 * A peer: one connection as the core sees it. Who it is, and what it holds: a holder is one OPEN
 * that has not been closed, and the connection's end closes all of them.
 */
#ifndef PRSHM_DAEMON_PEER_H
#define PRSHM_DAEMON_PEER_H

#include "daemon/registry.h"
#include "daemon/rights.h"
#include "daemon/segment.h"

struct holder {
	struct segment *segment; /* NULL: this handle is free */
	struct charge charge;    /* of the peer's user: one handle, in use or free */
	uint32_t handle;         /* index in peer::holders */
	union {
		TAILQ_ENTRY(holder) in_segment; /* segment::holders */
		SLIST_ENTRY(holder) in_free;    /* peer::free */
	};
};

struct peer {
	struct credentials credentials;
	struct registry *registry;
	struct account *account;  /* a reference */
	struct charge connection; /* one connection */
	struct holder **holders; /* by handle; each owned, in use or free */
	uint32_t holder_count;   /* in use or free */
	uint32_t holder_room;    /* elements of holders */
	SLIST_HEAD(, holder) free; /* closed, kept for the next open, so that it need not allocate */
};

/*
 * Takes the credentials (and owns their groups from then on, also when it fails) and the account
 * reference. OK, or NO_RESOURCES: that user has enough connections.
 */
enum status peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account, struct refusal *why);
void peer_deinit(struct peer *peer); /* closes every handle; takes one whose init failed */

/*
 * Sees to it that the next peer_hold cannot fail, and charges for it: a request changes nothing
 * before all it needs is there. What it makes is kept, and paid for, until the peer ends: for its
 * next open. OK, NO_RESOURCES or NO_MEMORY.
 */
enum status peer_reserve(struct peer *peer, struct refusal *why);
/* Returns the handle. After peer_reserve only. */
uint32_t peer_hold(struct peer *peer, struct segment *segment);
void peer_close_all(struct peer *peer);
/* Frees the segment if that was all that kept it. False: no such handle. */
bool peer_close(struct peer *peer, uint32_t handle);

#endif
