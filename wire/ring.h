/* SPDX-License-Identifier: MIT */
/*
 * The ring: one page that a client and the broker share. The client writes there which handles it
 * has closed. So a close costs two stores. A message would wake the broker, mostly for nothing:
 * usually nobody waits for what a close frees. If somebody does wait, the broker says so in the
 * page (quiet is 0), and the client sends a CLOSE message as well.
 *
 * The page also has the parked handles. To close a handle by parking it, and to open it again by
 * taking it back, costs one compare-and-swap each, and no message. A handle has two bits:
 * (1) PARKED is the client's: the client has closed the handle, and may take it back.
 * (2) FROZEN is the broker's: from now on the client must neither park the handle nor take it back.
 *     The bit stays until the broker gives the number of the handle out again.
 * Both bits: the broker closes the handle, if it has not done so already. The client changes PARKED
 * only by a compare-and-swap of the word that finds FROZEN clear; the broker sets FROZEN before
 * anybody can tell a parked handle from a closed one. So whoever comes first is right.
 *
 * Memory orders, for a processor that may reorder whatever it is not told to keep:
 * (1) closed and quiet. The client stores closed, then loads quiet; the broker stores quiet, then
 *     loads closed. All four are sequentially consistent, so they are in one order: whichever store
 *     comes first, the load of the other side comes after it. Weaker orders would let both loads
 *     see the old values, and the close would wait for nobody.
 * (2) handles. The client stores a handle before closed, and the broker loads closed before the
 *     handle. The store releases and the load acquires, so the handle that is counted is there.
 * (3) seen. The broker loads the handles before it stores seen, with release; the client loads seen
 *     before it writes over a handle. So no handle is overwritten that is not taken.
 * (4) parks. Each change is a read-modify-write of one word, so the changes of a word are in one
 *     order, and the bits of a handle are both in that word. What the broker wrote before it froze
 *     or gave out a handle is not read through the word: the journal and the reply to a request
 *     tell it.
 * (5) changes. The broker counts up before it answers the client that caused the change, and
 *     whoever knows of the change knows it by that answer: so the load finds the new count.
 *
 * The page is in the byte order of the machine, since it never leaves the machine. Neither side
 * trusts what the other side writes. A client that writes nonsense can only close its own handles.
 */
#ifndef PRSHM_WIRE_RING_H
#define PRSHM_WIRE_RING_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#define RING_BYTES 4096
#define RING_ROOM  512 /* handles; a power of two, so that the counts may wrap */
#define RING_PARKS 8   /* words of the bits of parked handles */

/* Handles from here on cannot be parked: they have no bits. */
#define RING_PARKABLE (RING_PARKS * 32U)

/* The bits of a handle below RING_PARKABLE, in the word that is its number divided by 32. */
#define RING_PARKED(handle) (UINT64_C(1) << ((handle) % 32U))
#define RING_FROZEN(handle) (UINT64_C(1) << (32U + (handle) % 32U))
#define RING_FROZEN_ALL     (UINT64_C(0xffffffff) << 32U)

/*
 * A segment of more bytes is not parked: an idle client would keep much memory of deleted segments.
 */
#define RING_PARK_BYTES ((uint64_t)256 * 1024)

struct ring_page {
	/*
	 * Written by the client: how many handles it has closed; the next is at closed % RING_ROOM.
	 */
	_Atomic uint32_t closed;
	/* Written by the broker: at least this many closed handles are drained. */
	_Atomic uint32_t seen;
	/* Written by the broker: not 0 means that nobody waits for a close: CLOSE is not needed. */
	_Atomic uint32_t quiet;
	/* Written by the broker: 0: it is an older release; the words below mean nothing to it. */
	_Atomic uint32_t parking;
	/*
	 * Written by the broker: counts up before a segment that the client has open loses its
	 * name, or gets other rights or another owner. So a client knows whether what a reply told
	 * it is still so.
	 */
	_Atomic uint32_t changes;
	uint32_t reserved[11];
	_Atomic uint32_t handles[RING_ROOM];
	_Atomic uint64_t parks[RING_PARKS]; /* RING_PARKED and RING_FROZEN bits */
};

/* A lock that the C library takes for it would not be shared between processes. */
static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "");
static_assert(sizeof(struct ring_page) <= RING_BYTES, "");

#endif
