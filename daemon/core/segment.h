/* SPDX-License-Identifier: MIT */
/*
 * A segment: sealed memory that the broker created, with its name, owner and rights. An anonymous
 * segment never had a name; clients find it by a token.
 * A segment lives while it has a name (registry.h) or a holder (peer.h). Processes that have mapped
 * the memory can use it after the segment is gone, too.
 */
#ifndef PRSHM_DAEMON_CORE_SEGMENT_H
#define PRSHM_DAEMON_CORE_SEGMENT_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdint.h>

#include "daemon/core/charge.h"
#include "daemon/core/actor.h"
#include "daemon/core/rights.h"
#include "wire/wire.h"

struct holder;

struct token {
	uint64_t high;
	uint64_t low;
};

/* Whether the size is fixed; see unsealed.h. SPOILED: nobody but the creator gets the memory. */
enum sealing { SEALED, UNSEALED, SPOILED };

struct segment {
	uint64_t number; /* unique for as long as the broker or its keeper lives */
	uint64_t inode;  /* of the memory; identifies the descriptor that the keeper has */
	uint64_t size;
	uint64_t expected;            /* the size that the kernel has still to make; or 0 */
	uint64_t created;             /* nanoseconds since 1970 */
	uint64_t opened;              /* nanoseconds since 1970: the last open */
	struct actor creator, opener; /* the opener is the last one */
	struct rights rights;
	uint32_t lifetime;        /* WIRE_LIFETIME_KEPT or WIRE_LIFETIME_UNTIL_UNUSED */
	uint32_t linger;          /* seconds it stays without a holder; 0 with KEPT: for ever */
	struct charge charges[2]; /* one for the segment, one for its bytes */
	int fd;                   /* owned; read-write */
	bool huge; /* huge pages were wanted; the memory may have ordinary pages all the same */
	bool named, anonymous;
	uint32_t watched;    /* of WATCH_HANDLES: what somebody was to be told of the segment */
	bool told;           /* a watcher is told of closes: each handle counts in its peer::told */
	uint64_t watched_in; /* at this watches::version; 0: not looked yet */
	enum sealing sealing;
	bool opened_early;  /* somebody has opened the segment by name while its size was 0 */
	bool closed_once;   /* a handle of the segment was closed, whoever had it */
	struct token token; /* if anonymous */
	uint64_t deadline;  /* nanoseconds, CLOCK_MONOTONIC; 0: none. See registry.h */
	RB_HEAD(holders, holder) holders; /* holder::in_segment */
	RB_ENTRY(segment) by_number;      /* registry::by_number */
	TAILQ_ENTRY(segment) in_unsealed; /* registry::unsealed, while not SEALED */
	union {
		RB_ENTRY(segment) by_deadline; /* registry::by_deadline, while deadline > 0 */
		SLIST_ENTRY(segment) in_gone;  /* registry::gone, without name and holders */
	};
	/*
	 * From here to name, the fields are what a search by name reads. They lie together: in a
	 * million segments none of them is in a cache.
	 */
	union {
		RB_ENTRY(segment) by_name;  /* registry::by_name, while named */
		RB_ENTRY(segment) by_token; /* registry::by_token, while anonymous */
	};
	uint32_t holder_count;
	uint32_t name_length;
	char *name; /* name_length bytes, not terminated: first_name, or one that it owns */
	char first_name[];
};

/*
 * Makes a segment with sealed memory. The caller then fills in owner, rights and charges.
 * name_length: at most WIRE_NAME_MAX; 0: an anonymous segment, with a token. size: 0: an unsealed
 * one. huge: the memory is of huge pages, if the size is a multiple of one and the host's pool has
 * enough of them; otherwise of ordinary pages. 0 or a negative errno.
 */
int segment_new(
	const char *name, size_t name_length, uint64_t size, bool huge, struct segment **outp);
/*
 * The first makes a segment from the journal, without its memory. NULL: no memory. The second takes
 * the descriptor, if it has that inode and size, and our seals. False: the descriptor is not taken.
 */
struct segment *segment_restore(
	const char *name, size_t name_length, uint64_t size, uint64_t inode);
bool segment_adopt(struct segment *segment, int fd);
struct segment *segment_free(struct segment *segment); /* takes NULL, returns NULL */
void segment_freep(struct segment **segment);          /* for the cleanup attribute */
/* NULL: no memory. The segment takes it as its name while it is in no tree of names. */
char *segment_copy_name(const char *name, size_t length);
void segment_take_name(struct segment *segment, char *name, size_t length);
uint64_t segment_bytes(const struct segment *segment); /* for memory_close */
/* Bytes of memory that the segment takes now; 0 if the kernel does not tell. */
uint64_t segment_used(const struct segment *segment);
/* Opens the memory again, O_RDONLY or O_RDWR. The descriptor, which the caller owns, or -errno. */
int segment_open_again(const struct segment *segment, int mode);

#endif
