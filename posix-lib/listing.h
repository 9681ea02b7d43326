/* SPDX-License-Identifier: MIT */
/* The objects that lie in one directory, as the broker lists them. */
#ifndef PRSHM_POSIX_LISTING_H
#define PRSHM_POSIX_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "posix-lib/objects.h"

struct listed {
	uint64_t inode;
	char name[OBJECT_NAME_MAX + 1]; /* without its directory */
};

struct listing {
	struct listed *all;
	size_t count, room;
	char directory[OBJECT_FULL_MAX + 1];
};

/* 0 or an errno; then there is nothing to be freed. */
int listing_init(struct listing *listing, const char *directory);
void listing_deinit(struct listing *listing);
/* What there is now; if the broker does not tell, what there was. */
void listing_renew(struct listing *listing);
/* Whether that name, in this directory, is a semaphore of the C library. */
bool listing_is_semaphore(const struct listing *listing, const char *name);

#endif
