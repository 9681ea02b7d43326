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
	uint32_t handle;         /* index in peer::holders */
	union {
		TAILQ_ENTRY(holder) in_segment; /* segment::holders */
		SLIST_ENTRY(holder) in_free;    /* peer::free */
	};
};

struct peer {
	struct credentials credentials;
	struct registry *registry;
	struct holder **holders; /* by handle; each owned, in use or free */
	uint32_t holder_count;   /* in use or free */
	uint32_t holder_room;    /* elements of holders */
	uint32_t holder_limit;
	SLIST_HEAD(, holder) free; /* closed, kept for the next open, so that it need not allocate */
};

/* Takes the credentials (and owns their groups from then on). */
void peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, uint32_t holder_limit);
void peer_deinit(struct peer *peer); /* closes every handle */

/*
 * Sees to it that the next peer_hold cannot fail: a request changes nothing before all it needs is
 * there. OK, NO_RESOURCES (the peer's limit) or NO_MEMORY.
 */
enum status peer_reserve(struct peer *peer);
/* Returns the handle. After peer_reserve only. */
uint32_t peer_hold(struct peer *peer, struct segment *segment);
void peer_close_all(struct peer *peer);
/* Frees the segment if that was all that kept it. False: no such handle. */
bool peer_close(struct peer *peer, uint32_t handle);

#endif
