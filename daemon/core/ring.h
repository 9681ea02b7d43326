/* SPDX-License-Identifier: MIT */
/*
 * The broker's side of a peer's ring; wire/ring.h tells the idea. A ring outlives the broker in its
 * keeper, and what was closed while there was none is seen by the next.
 */
#ifndef PRSHM_DAEMON_CORE_RING_H
#define PRSHM_DAEMON_CORE_RING_H

#include <stdbool.h>

#include "wire/ring.h"

struct ring {
	int fd;         /* owned; -1: there is none, or its descriptor has not been adopted */
	uint64_t inode; /* of it; 0: there is none */
	struct ring_page *page; /* mapped; NULL: as fd */
	/*
	 * Both stand in the page, too, for the client. The client can write there, so the page is never asked.
	 */
	uint32_t seen; /* handles taken out so far */
	bool quiet;    /* the page was told that closes may go without a message */
};

void ring_init(struct ring *ring); /* none */
void ring_deinit(struct ring *ring);

/* Makes one. 0 or a negative errno. */
int ring_make(struct ring *ring);
/* The descriptor of one that the journal tells of. False: it is not that one, and not taken. */
bool ring_adopt(struct ring *ring, int fd);

/* How many handles wait, at most RING_ROOM; nonsense counts as none. And the next, if one waits. */
uint32_t ring_waiting(const struct ring *ring);
uint32_t ring_take(struct ring *ring);
void ring_skip(struct ring *ring, uint32_t count); /* of those that wait */
/*
 * Lets the client write over what was taken. Not before the journal says that it was: the next broker
 * would take it once more.
 */
void ring_give_room(const struct ring *ring);

/*
 * Whether a close may go without a message. Once it may not, what was closed before is there for
 * ring_waiting: either the client sees this, or we see its close.
 */
void ring_set_quiet(struct ring *ring, bool quiet);

/*
 * For a signal handler. No seal keeps the client from punching a hole into the page, and where there is no
 * memory to fill it, our next access is a SIGBUS. True: that was at this address, and there is a page now,
 * of zeros, that no client sees. What it closes, it has lost.
 */
bool ring_replace(const void *address);

#endif
