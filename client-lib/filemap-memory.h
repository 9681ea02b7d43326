/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory in this process: a descriptor, and a handle by which the broker counts this
 * process as a holder. Calls that can fail return the outcomes of connection_call.
 */
#ifndef PRSHM_CLIENT_FILEMAP_MEMORY_H
#define PRSHM_CLIENT_FILEMAP_MEMORY_H

#include "client-lib/filemap-string.h"

struct memory {
	struct reference reference; /* owns its descriptor, which is CLOEXEC */
	uint64_t size;              /* bytes */
	uint64_t connection;        /* the number of the handle's connection; 0: no handle */
	uint32_t handle;            /* the broker's number for the handle */
};

/* Has the broker make memory. After 0 the caller owns *out: its descriptor, and the handle. */
int memory_make(uint64_t size, PRFileMapProtect protection, struct memory *out);

/* Asks the broker for the memory by its token; ignores the reference's descriptor. */
int memory_redeem(const struct reference *reference, struct memory *out);

/*
 * Whether the reference's descriptor is open on that very memory: the program may have closed the
 * number and opened another file there. Only the memory has both the broker's seals and the inode.
 * 0 and the size; STATUS_NOT_FOUND: it is another file; -EACCES: the descriptor does not allow what
 * the protection says.
 */
int memory_check(const struct reference *reference, uint64_t *size);

/* Whether the descriptor is still open on the memory. False: the program has closed it. */
bool memory_is_own(const struct memory *memory);

/*
 * Has the broker count this process as a holder, so that the token stays valid as long as this
 * process lives. If that fails, the memory itself is as good as before.
 */
void memory_count(struct memory *memory);

/* Closes the broker's handle, if there is one. */
void memory_forget(struct memory *memory);

#endif
