/* SPDX-License-Identifier: MIT */
/*
 * A peer: one connection as the core sees it. Who it is, and what it holds: a holder is one OPEN
 * that has not been closed, and the connection's end closes all of them.
 */
#ifndef PRSHM_DAEMON_CORE_PEER_H
#define PRSHM_DAEMON_CORE_PEER_H

#include "daemon/core/registry.h"
#include "daemon/core/rights.h"
#include "daemon/core/ring.h"
#include "daemon/core/segment.h"

/* Of one peer; what a journal may say, too. */
#define PEER_HANDLES_MAX (1U << 18)
#define HANDLE_NONE      UINT32_MAX

struct holder {
	struct peer *peer;       /* whose it is */
	struct segment *segment; /* NULL: this handle is free */
	struct charge charge;    /* of the peer's user: one handle, in use or free */
	uint64_t since;          /* nanoseconds since 1970 */
	uint32_t handle;         /* index in peer::holders */
	uint32_t access;         /* enum wire_access: of the descriptor it got */
	uint32_t place;          /* of its name in an OPEN_MANY, from 1; 0: another op opened it */
	uint32_t previous;       /* with a place: the handle opened before it by the same request */
	union {
		RB_ENTRY(holder) in_segment; /* segment::holders, by peer and handle */
		LIST_ENTRY(holder) in_free;     /* peer::free */
	};
};

/* What became of the last request, for the client that did not see the reply. */
struct outcome {
	uint32_t serial;
	uint32_t handle; /* where the op gave one; the last of several */
	uint16_t op;
	uint16_t status;
	bool known; /* false: there was no request yet */
	bool answered; /* by this broker; false: the last one may have died before it did */
};

struct peer {
	uint64_t number; /* unique for as long as the broker or its keeper lives */
	uint64_t inode;  /* of the socket: what a descriptor is known by */
	int fd;          /* borrowed: the socket, for the keeper; or -1 */
	struct credentials credentials;
	struct registry *registry;
	struct account *account;  /* a reference */
	struct charge connection; /* one connection */
	struct holder **holders; /* by handle, holder_room of them; each owned, in use or free */
	uint32_t holder_count, holder_room;
	LIST_HEAD(, holder) free; /* closed, kept for the next open, so that it need not allocate */
	struct watcher *watcher; /* owned; NULL: it does not watch */
	struct ring ring;        /* what it closes without a message */
	uint32_t pins; /* its holders without which a segment might go: peer_is_quiet */
	struct outcome last;
	bool after_takeover;     /* no request has been handled since this broker took over */
	uint32_t skipped_serial; /* of the request that was dropped because one was missing before it */
	bool ended; /* it holds nothing any more, but still counts as a connection */
	RB_ENTRY(peer) by_number; /* broker::peers */
};

/*
 * Takes the credentials (and owns their groups from then on, also when it fails) and the account
 * reference. OK, or NO_RESOURCES: that user has enough connections.
 */
enum status peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account, struct refusal *why);
/* One that exists already: no limit is looked at. */
void peer_restore(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account);
void peer_deinit(struct peer *peer); /* closes every handle; takes one whose init failed */

/*
 * Sees to it that the next peer_hold cannot fail, and charges for it: a request changes nothing
 * before all it needs is there. What it makes is kept, and paid for, until the peer ends: for its
 * next open. OK, NO_RESOURCES or NO_MEMORY.
 */
enum status peer_reserve(struct peer *peer, struct refusal *why);
/* After peer_reserve only. */
struct holder *peer_hold(struct peer *peer, struct segment *segment, uint64_t since, uint32_t access);
/*
 * For what exists already: that many handles, in use or free, charged without a look at limits, and
 * a hold with a handle of old, which must be free. False: no memory, or too many.
 */
bool peer_restore_handles(struct peer *peer, uint32_t count);
bool peer_restore_hold(struct peer *peer, struct segment *segment, uint32_t handle,
	uint64_t since, uint32_t access);
struct holder *peer_find(const struct peer *peer, uint32_t handle); /* NULL: not in use */
/* The segment's first holder behind that handle of that peer, either of which may be gone; or NULL. */
struct holder *peer_next_holder(struct segment *segment, uint64_t peer, uint32_t handle);
void peer_close_all(struct peer *peer); /* its watch as well */
/* Whether nobody waits for this peer's closes: what it holds would stay without it, nobody watches. */
bool peer_is_quiet(const struct peer *peer);
void peer_pin_unnamed(struct segment *segment); /* its name has gone: who holds it pins it now */
/* The segment goes if that was all that kept it. False: no such handle. */
bool peer_close(struct peer *peer, uint32_t handle);

#endif
