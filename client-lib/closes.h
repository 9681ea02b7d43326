/* SPDX-License-Identifier: MIT */
/*
 * The CLOSEs of one connection that the broker may not have read: it answers none, and a broker
 * that was restarted gets them again. Room for each is made before its handle is opened, so that
 * giving a handle back cannot fail.
 */
#ifndef PRSHM_CLIENT_CLOSES_H
#define PRSHM_CLIENT_CLOSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sent_close {
	uint32_t serial;
	uint32_t handle;
};

/* All zeros: none, and no memory taken. */
struct closes {
	struct sent_close *sent; /* owned; the oldest first */
	size_t count;
	size_t open; /* handles that are to be closed one day; count + open fit into: */
	size_t room;
};

/* Room for one more handle; false: no memory. */
bool closes_reserve(struct closes *closes);
/* A handle was opened, behind closes_reserve. */
void closes_expect(struct closes *closes);
/* A handle of those expected is being closed. */
void closes_add(struct closes *closes, uint32_t serial, uint32_t handle);
/* A reply has come to what was sent after all of them. */
void closes_acknowledge(struct closes *closes);
/* The connection has ended, and all its handles with it. Frees nothing: a child of fork does this.
 */
void closes_forget(struct closes *closes);

#endif
