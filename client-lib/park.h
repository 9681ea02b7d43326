/* SPDX-License-Identifier: MIT */
/*
 * The handles of this process that are closed, and parked in the page that is shared with the
 * broker (wire/ring.h): each with its name and a mapping of its segment, for the next open of that
 * name. Safe to use from several threads.
 *
 * No system call is made while the lock is held. So the functions hand out what is to be unmapped
 * and closed (struct park_waste), and the caller does that afterwards: park_dispose.
 */
#ifndef PRSHM_CLIENT_PARK_H
#define PRSHM_CLIENT_PARK_H

#include <time.h>

#include "client-lib/handle.h"

/* Bounds for one process. */
#define PARK_HANDLES 64
#define PARK_BYTES   ((uint64_t)4 * 1024 * 1024)

enum park_outcome {
	PARK_NONE,   /* ask the broker */
	PARK_TAKEN,  /* *out is open again */
	PARK_UNSURE, /* there is one; first see whether the connection still stands */
};

struct park_waste {
	PRSharedMemory *first; /* PRSharedMemory::next */
};

/* What a handle must have been opened with to be taken back. */
struct park_key {
	const struct name *name;
	bool readonly;
	uint64_t size; /* at least */
};

/* False: PRSHM_PARK is 0, or a tool watches each access (AddressSanitizer, valgrind). */
bool park_is_on(void);

/* The connection was seen to stand at that time (CLOCK_MONOTONIC_COARSE). */
void park_saw(uint64_t connection, const struct timespec *time);

/*
 * Parks the handle, which the caller has closed but for its mapping. False: close it in the ring.
 */
bool park_put(PRSharedMemory *handle, struct park_waste *waste);
enum park_outcome park_take(
	const struct park_key *key, PRSharedMemory **out, struct park_waste *waste);
/* Unmaps and frees; close: called for each that was taken back, and is to be closed in the ring. */
void park_dispose(struct park_waste *waste, void (*close)(uint64_t connection, uint32_t handle));

#endif
