/* SPDX-License-Identifier: MIT */
/*
 * The ring: one page that a client and the broker share. The client writes there which handles it
 * has closed. So a close costs two stores. A message would wake the broker, mostly for nothing:
 * usually nobody waits for what a close frees. If somebody does wait, the broker says so in the
 * page (quiet is 0), and the client sends a CLOSE message as well.
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

struct ring_page {
	/*
	 * Written by the client: how many handles it has closed; the next is at closed % RING_ROOM.
	 */
	_Atomic uint32_t closed;
	/* Written by the broker: at least this many closed handles are drained. */
	_Atomic uint32_t seen;
	/* Written by the broker: not 0 means that nobody waits for a close: CLOSE is not needed. */
	_Atomic uint32_t quiet;
	uint32_t reserved[13];
	_Atomic uint32_t handles[RING_ROOM];
};

static_assert(sizeof(struct ring_page) <= RING_BYTES, "");

#endif
