/* SPDX-License-Identifier: MIT */
/*
 * The broker's side of a peer's ring: the page in which a client closes handles without a message.
 * The keeper has the ring, too, so it outlives the broker: the next broker drains what the client
 * has closed in between.
 */
#ifndef PRSHM_DAEMON_CORE_RING_H
#define PRSHM_DAEMON_CORE_RING_H

#include <stdbool.h>

#include "wire/ring.h"

struct ring {
	int fd;         /* owned; -1: the peer has no ring, or its descriptor is not adopted yet */
	uint64_t inode; /* of the memory; 0: the peer has no ring */
	struct ring_page *page; /* mapped; NULL: fd is -1 */
	/*
	 * The page has seen and quiet, too, for the client. The client can write there, so the
	 * broker never reads these two from the page.
	 */
	uint32_t seen; /* handles taken out so far */
	bool quiet;    /* the page tells the client that it may close without a message */
};

void ring_init(struct ring *ring); /* the peer has no ring yet */
void ring_deinit(struct ring *ring);

/* Makes the page. 0 or a negative errno. */
int ring_make(struct ring *ring);
/*
 * Takes the descriptor of the ring in the journal. False: this is another file, and is not taken.
 */
bool ring_adopt(struct ring *ring, int fd);

/* How many handles wait in the ring: at most RING_ROOM. A count that cannot be is 0. */
uint32_t ring_waiting(const struct ring *ring);
uint32_t ring_take(struct ring *ring);             /* the next handle; at least one must wait */
void ring_skip(struct ring *ring, uint32_t count); /* drops that many of those that wait */
/*
 * Allows the client to write over handles that were taken. To be called after the journal tells
 * that they
 * were: otherwise the next broker would take them again.
 */
void ring_give_room(const struct ring *ring);

/*
 * Tells the client whether it may close without a message. After false, ring_waiting finds each
 * close that came without a message: either the client sees false before its close, or the broker
 * sees the close.
 */
void ring_set_quiet(struct ring *ring, bool quiet);

/*
 * Parked handles: see wire/ring.h. A handle that has no bits, or a peer without a ring, is as if it
 * were frozen and not parked.
 *
 * Gives the number of a handle out: from now on the bits are those of the new handle. Before the
 * journal tells of the handle: otherwise a broker that dies in between leaves the old bits to it.
 */
void ring_give_out(const struct ring *ring, uint32_t handle, bool may_park);
bool ring_is_parked(const struct ring *ring, uint32_t handle);
bool ring_is_frozen(const struct ring *ring, uint32_t handle);
/* True: the handle is parked, and now the client cannot take it back: the caller closes it. */
bool ring_freeze(const struct ring *ring, uint32_t handle);
void ring_freeze_all(const struct ring *ring);
/* Tells the client that what replies told of its segments may not be so any more. */
void ring_tell_change(const struct ring *ring);
/* After the take-over of a page: a page of an older release freezes all that is open. */
void ring_start_parking(const struct ring *ring);

/*
 * For the handler of SIGBUS. No seal prevents the client from punching a hole into the page. If
 * there is no memory for a new page, the broker's next access is a SIGBUS. True: the address is in
 * the page that was accessed, and a page of zeros has taken its place. The client does not see that
 * page, so closes in its ring are lost.
 */
bool ring_replace(const void *address);

#endif
