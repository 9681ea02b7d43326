/* SPDX-License-Identifier: MIT */
/*
 * A segment: sealed memory that the broker created, what it is called, and whose it is. An anonymous
 * one has no name and never had; a token finds it.
 *
 * A segment lives while it has a name or a holder; registry.h keeps the names, peer.h the holders.
 * Its memory lives on in whoever mapped it, whatever becomes of the segment.
 */
#ifndef PRSHM_DAEMON_CORE_SEGMENT_H
#define PRSHM_DAEMON_CORE_SEGMENT_H

#include <bsd/sys/tree.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/core/account.h"
#include "daemon/core/actor.h"
#include "daemon/core/rights.h"
#include "wire/wire.h"

struct holder;

struct token {
	uint64_t high;
	uint64_t low;
};

struct segment {
	uint64_t number; /* unique for as long as the broker or its keeper lives */
	uint64_t inode;  /* of the memory: what a descriptor is known by */
	uint64_t size;
	uint64_t created; /* nanoseconds since 1970 */
	uint64_t opened;  /* nanoseconds since 1970: the last open */
	struct actor creator, opener; /* the opener is the last one */
	struct rights rights;
	uint32_t lifetime; /* WIRE_LIFETIME_KEPT or WIRE_LIFETIME_UNTIL_UNUSED */
	uint32_t linger;   /* seconds without a holder; 0: none, or with KEPT for ever */
	struct charge charges[2]; /* one segment, its bytes */
	int fd; /* owned; read-write */
	bool huge; /* huge pages are wanted for it; it may have ordinary ones */
	bool named;
	bool anonymous;
	struct token token; /* while anonymous */
	uint64_t deadline;  /* nanoseconds, CLOCK_MONOTONIC; 0: none. registry.h */
	RB_HEAD(holders, holder) holders; /* holder::in_segment */
	RB_ENTRY(segment) by_number;      /* registry::by_number */
	union {
		RB_ENTRY(segment) by_deadline; /* registry::by_deadline, while it has one */
		SLIST_ENTRY(segment) in_gone;  /* registry::gone, without name and holders */
	};
	/* Together: a search by name in a million of them has neither in any cache. */
	union {
		RB_ENTRY(segment) by_name;  /* registry::by_name, while named */
		RB_ENTRY(segment) by_token; /* registry::by_token, while anonymous: never named */
	};
	uint32_t holder_count;
	uint32_t name_length;
	char name[]; /* name_length bytes, not terminated */
};

/*
 * Makes the memory, sealed before anyone else can see it. name_length is at most WIRE_NAME_MAX; 0
 * makes an anonymous segment, with a token. Owner, rights and charges are the caller's to fill in.
 * huge: of the host's pool of huge pages, if the size is a multiple of one and the pool has enough to
 * reserve; else of ordinary ones.
 * 0 or a negative errno.
 */
int segment_new(const char *name, size_t name_length, uint64_t size, bool huge,
	struct segment **outp);
/*
 * A segment as the journal tells of it, without its memory: adopted later, if the descriptor is of
 * that inode, has that size and is sealed as we seal. NULL: no memory. False: the descriptor is not taken.
 */
struct segment *segment_restore(
	const char *name, size_t name_length, uint64_t size, uint64_t inode);
bool segment_adopt(struct segment *segment, int fd);
struct segment *segment_free(struct segment *segment); /* takes NULL, returns NULL */
void segment_freep(struct segment **segment);          /* for the cleanup attribute */

/*
 * Charges a new segment, and its bytes in whole pages, to who makes it; and has another account pay
 * for it. OK or NO_RESOURCES, and then nothing has changed.
 */
enum status segment_charge(
	struct segment *segment, struct account *account, struct refusal *why);
/* The same for one that exists already: no limit is looked at. */
void segment_restore_charges(struct segment *segment, struct account *account);
enum status segment_move_charges(
	struct segment *segment, struct account *account, struct refusal *why);

/* Bytes of memory it takes now; 0 if the kernel will not say. */
uint64_t segment_used(const struct segment *segment);

/*
 * A descriptor of the memory that can only be read, whatever its owner tries: an open file of its
 * own, opened O_RDONLY. The descriptor, which is the caller's, or a negative errno.
 */
int segment_open_readonly(const struct segment *segment);

#endif
