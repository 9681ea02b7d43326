/* SPDX-License-Identifier: MIT */
/*
 * A peer: what the core knows of one connection: its user, and its holders. A holder is one open
 * that has not been closed.
 */
#ifndef PRSHM_DAEMON_CORE_PEER_H
#define PRSHM_DAEMON_CORE_PEER_H

#include "daemon/core/registry.h"
#include "daemon/core/rights.h"
#include "daemon/core/ring.h"
#include "daemon/core/segment.h"

/* How many handles one peer may have. A journal that tells of more is wrong. */
#define PEER_HANDLES_MAX (1U << 18)
#define HANDLE_NONE      UINT32_MAX

struct holder {
	struct peer *peer;
	struct segment *segment; /* NULL: this handle is free */
	struct charge charge;    /* one handle, in use or free, unless it was released */
	uint64_t since;          /* nanoseconds since 1970 */
	uint32_t handle;         /* index in peer::holders */
	uint32_t access;         /* enum wire_access: what the client's descriptor can do */
	uint32_t place;          /* the number of the name in OPEN_MANY, from 1; 0: another op */
	uint32_t previous;       /* if place > 0: the handle that the same request opened before */
	bool may_park;           /* the client may park it: see park.h */
	union {
		RB_ENTRY(holder) in_segment; /* segment::holders, by peer and handle */
		TAILQ_ENTRY(holder) in_free; /* peer::free */
	};
};

/* The outcome of a peer's last request, in case the client has not seen the reply. */
struct outcome {
	uint32_t serial;
	uint32_t handle; /* that the op has opened; if there are several, the last one */
	uint16_t op;
	uint16_t status;
	bool known;    /* false: there was no request yet */
	bool answered; /* this broker has replied; false: the last broker may have died before */
};

struct peer {
	uint64_t number; /* unique for as long as the broker or its keeper lives */
	uint64_t inode;  /* of the socket; identifies the descriptor that the keeper has */
	int fd;          /* borrowed: the socket, for the keeper; or -1 */
	struct credentials credentials;
	struct registry *registry;
	struct account *account;  /* a reference */
	struct charge connection; /* one connection */
	struct holder **holders;  /* owned, as are the holders; by handle, in use or free */
	uint32_t holder_count, holder_room;
	TAILQ_HEAD(, holder) free; /* the free holders; the next open takes the first */
	uint32_t released;         /* free holders that are not charged: they are the last ones */
	uint32_t parkable;         /* holders that the client may park */
	struct watcher *watcher;   /* owned; NULL: the peer does not watch */
	struct ring ring;          /* where the client closes handles without a message */
	uint32_t pins; /* holders whose segment may change when they go: see peer_is_quiet */
	uint32_t told; /* holders of whose close a watcher is told: see watched.h */
	struct outcome last;
	bool after_takeover;     /* no request has been handled since this broker took over */
	uint32_t skipped_serial; /* the dropped request's, where an earlier one was missing */
	bool ended; /* the peer has no holder any more, but still counts as a connection */
	RB_ENTRY(peer) by_number; /* broker::peers */
};

/* Takes the credentials with their groups, and the account's reference, also when it fails. */
enum status peer_init(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account, struct refusal *why);
/* For a peer of the last broker: without limits. */
void peer_restore(struct peer *peer, struct registry *registry,
	const struct credentials *credentials, struct account *account);
void peer_deinit(struct peer *peer); /* closes every handle; works after a peer_init that failed */

/*
 * Makes sure that there is a free holder: peer_hold needs that, and cannot fail. The holder is
 * charged to the user until the peer ends, or it is released. OK, NO_RESOURCES or NO_MEMORY.
 */
enum status peer_reserve(struct peer *peer, struct refusal *why);
struct holder *peer_hold(
	struct peer *peer, struct segment *segment, uint64_t since, uint32_t access);
/* The same: that many handles, or a segment under a free one. False: no memory, or too many. */
bool peer_restore_handles(struct peer *peer, uint32_t count);
bool peer_restore_hold(struct peer *peer, struct segment *segment, uint32_t handle, uint64_t since,
	uint32_t access);
struct holder *peer_find(const struct peer *peer, uint32_t handle); /* NULL: not in use */
/* The next holder, by peer, then handle; this peer and handle need not exist. NULL: none. */
struct holder *peer_next_holder(struct segment *segment, uint64_t peer, uint32_t handle);
void peer_close_all(struct peer *peer); /* all handles, the watch and the ring */
/* Whether nobody waits for this peer's closes: no segment depends on them, nobody watches. */
bool peer_is_quiet(const struct peer *peer);
/* The segment has lost its name, so it depends on its holders: counts them in their peers' pins. */
void peer_pin_unnamed(struct segment *segment);
/* A segment without name and holder goes, too. False: there is no such handle. */
bool peer_close(struct peer *peer, uint32_t handle);
/* Gives the charge of a free handle back. False: the handle is in use, or not charged. */
bool peer_release(struct peer *peer, uint32_t handle);

#endif
