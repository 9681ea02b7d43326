/* SPDX-License-Identifier: MIT */
/*
 * Memory that is there before it is used. Whoever makes a segment has the kernel find all of it at
 * once: that is faster than a fault for each page, and what cannot be found is an error of the creation,
 * and no SIGBUS later. No lock is held meanwhile: it may take as long as it likes.
 */
#ifndef PRSHM_CLIENT_READY_H
#define PRSHM_CLIENT_READY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds memory for all of it; the descriptor can write. 0: *out is all of it, mapped for reading and
 * writing, which the caller unmaps; or NULL, where there is memory and no mapping. -ENOMEM: there is no
 * memory. huge: as for ready_map.
 */
int ready_fill(int fd, size_t size, bool huge, void **out);

/* The same without a mapping. */
int ready_allocate(int fd, size_t size);

/*
 * mmap(2) of all of it, MAP_SHARED. huge: where huge pages fit, and asking for them. MAP_FAILED, with
 * errno.
 */
void *ready_map(int fd, size_t size, int protection, bool huge);

#endif
