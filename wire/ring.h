/* SPDX-License-Identifier: MIT */
/*
 * The ring: one page that a client and the broker share, where the client writes which handles it has
 * closed. To close one is two stores then; a message would wake the broker for nothing, since what it
 * frees is needed by nobody. Where somebody does wait for it the broker says so in the page, and the
 * client sends CLOSE as well.
 *
 * In the machine's own byte order: the page never leaves it. Neither side relies on what the other one
 * writes; a client that writes nonsense closes its own handles.
 */
#ifndef PRSHM_WIRE_RING_H
#define PRSHM_WIRE_RING_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#define RING_BYTES 4096
#define RING_ROOM  512 /* handles; a power of two, so that the counts may wrap */

struct ring_page {
	_Atomic uint32_t closed; /* by the client: handles so far; the next is at closed % RING_ROOM */
	_Atomic uint32_t seen;   /* by the broker: so many of them it has seen, at least */
	_Atomic uint32_t quiet;  /* by the broker: not 0: nobody waits, and no CLOSE is needed */
	uint32_t reserved[13];
	_Atomic uint32_t handles[RING_ROOM];
};

static_assert(sizeof(struct ring_page) <= RING_BYTES, "");

#endif
