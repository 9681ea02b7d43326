/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory as this process has it: a descriptor, and the broker's knowledge that we hold
 * it. Calls that can fail return 0, an enum status or a negative errno, as connection_call does.
 */
#ifndef PRSHM_CLIENT_FILEMAP_MEMORY_H
#define PRSHM_CLIENT_FILEMAP_MEMORY_H

#include "client-lib/filemap-string.h"

struct memory {
	struct reference reference; /* owns its descriptor, which is CLOEXEC */
	uint64_t size;              /* bytes */
	uint64_t connection;        /* on which the broker counts us; 0: it does not */
	uint32_t handle;            /* the broker's, on that connection */
};

/* Makes it, through the broker. *out is the caller's until memory_deinit. */
int memory_make(uint64_t size, PRFileMapProtect protection, struct memory *out);

/* Asks the broker for it by the token. The reference's descriptor is not looked at. */
int memory_redeem(const struct reference *reference, struct memory *out);

/*
 * Whether the reference's descriptor is open on that very memory. A number may have been closed and
 * opened again on anything, and a number of a file system on another file: seals as the broker sets
 * them, and the inode, together, are what nobody else has. 0 and the size, NOT_FOUND, or -EACCES if
 * it is, but cannot do what the protection says.
 */
int memory_check(const struct reference *reference, uint64_t *size);

/*
 * Has the broker count this process among the holders, so that the token lives as long as it does.
 * If that fails, the memory is as good as before; nobody but the broker will miss anything.
 */
void memory_count(struct memory *memory);

/* Tells the broker, if it counts us. */
void memory_forget(struct memory *memory);

#endif
