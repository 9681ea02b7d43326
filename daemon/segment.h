/* SPDX-License-Identifier: MIT */
/*
 * A segment: sealed memory that the broker created, what it is called, and whose it is.
 *
 * A segment lives while it has a name or a holder; registry.h keeps the names, peer.h the holders.
 * Its memory lives on in whoever mapped it, whatever becomes of the segment.
 */
#ifndef PRSHM_DAEMON_SEGMENT_H
#define PRSHM_DAEMON_SEGMENT_H

#include <bsd/sys/tree.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/rights.h"
#include "wire/wire.h"

struct holder;

struct segment {
	uint64_t number; /* unique for the broker's life */
	uint64_t size;
	uint64_t created; /* nanoseconds since 1970 */
	struct rights rights;
	int fd; /* owned; read-write */
	bool named;
	uint32_t holder_count;
	TAILQ_HEAD(, holder) holders; /* holder::in_segment */
	RB_ENTRY(segment) by_name;    /* registry::by_name, while named */
	RB_ENTRY(segment) by_number;  /* registry::by_number */
	size_t name_length;
	char name[]; /* name_length bytes, not terminated */
};

/*
 * Makes the memory, sealed before anyone else can see it. name_length is at most WIRE_NAME_MAX.
 * OK, TOO_BIG, NO_RESOURCES (descriptors), NO_MEMORY or INTERNAL (with errno left as it was).
 */
enum status segment_new(const char *name, size_t name_length, uint64_t size,
	const struct rights *rights, struct segment **outp);
struct segment *segment_free(struct segment *segment); /* takes NULL, returns NULL */

/* Bytes of memory it takes now; 0 if the kernel will not say. */
uint64_t segment_used(const struct segment *segment);

/*
 * A descriptor of the memory that can only be read, whatever its owner tries: an open file of its
 * own, opened O_RDONLY. The caller owns *out.
 */
enum status segment_open_readonly(const struct segment *segment, int *out);

#endif
