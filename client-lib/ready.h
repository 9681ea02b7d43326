/* SPDX-License-Identifier: MIT */
/*
 * Finds memory for a segment before it is used. The creator of a segment has the kernel find all
 * pages at once. That is faster than a page fault for each page. And if there is too little memory,
 * creating the segment fails, instead of a SIGBUS later. This may take long, so no lock is held
 * meanwhile.
 */
#ifndef PRSHM_CLIENT_READY_H
#define PRSHM_CLIENT_READY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds memory for all bytes of fd, which can write. 0: *out is a mapping of all bytes, for reading
 * and writing, which the caller unmaps; or NULL: there is memory, but no mapping. -ENOMEM: there is
 * no memory. huge: as for ready_map.
 */
int ready_fill(int fd, size_t size, bool huge, void **out);

/* The same without a mapping. */
int ready_allocate(int fd, size_t size);

/*
 * mmap(2) of all bytes, MAP_SHARED. huge: at an address where huge pages fit, and asks for them.
 * MAP_FAILED, with errno.
 */
void *ready_map(int fd, size_t size, int protection, bool huge);

#endif
