/* SPDX-License-Identifier: MIT */
/*
 * Every attachment of this process, by address. Safe to use from several threads.
 *
 * A handle has mappings: those that are attached, and one that waits for the next attachment. A
 * mapping that is detached waits again, if its handle is open and has none that waits: so to attach
 * once more costs neither a system call nor page faults.
 */
#ifndef PRSHM_CLIENT_ATTACHMENTS_H
#define PRSHM_CLIENT_ATTACHMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of a handle, which malloc(3) has made. */
struct mappings {
	_Atomic(void *) ready; /* owned: waits for an attachment; NULL: none */
	/* if none waits and keeps is set, this one is attached; else without meaning */
	void *base;
	size_t size; /* of each */
	uint32_t attached;
	bool keeps;  /* what is detached waits again */
	bool closed; /* the handle is closed: the last detachment frees it */
};

/*
 * These record an attachment. 0 or a negative errno. The caller owns *out until attachments_unmap.
 * The first one maps fd. whole: with all the access that the handle has, so that the mapping may
 * wait for another attachment. huge: as for ready_map.
 */
int attachments_map(struct mappings *of, int fd, int protection, bool whole, bool huge, void **out);
/* The second one takes the mapping that waits. -ENOENT: none waits. */
int attachments_take_ready(struct mappings *of, void **out);
/* The third one maps the memory once more as it is mapped, without a descriptor. */
int attachments_duplicate(struct mappings *of, void **out);

/*
 * The handle is closed. True: nothing is attached, and the caller frees the handle with the mapping
 * that waits. False: the last detachment frees the handle; *ready, to be unmapped, waited.
 */
bool attachments_leave(struct mappings *of, void **ready);

/* False: there is no attachment that begins there, and nothing happened. */
bool attachments_unmap(void *address);

#endif
