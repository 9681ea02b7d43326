/* SPDX-License-Identifier: MIT */
/* Where a path leads by "..", and by symbolic links. */
#ifndef PRSHM_POSIX_RESOLVE_H
#define PRSHM_POSIX_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "posix-lib/objects.h"

/* What is done with the last component of a path. */
enum resolve_end {
	RESOLVE_AS_IS,  /* a symbolic link is a file like others */
	RESOLVE_FOLLOW, /* the path leads where the link leads */
	RESOLVE_NAME,   /* so, and /proc/self/fd/N is the object that N is a descriptor of */
};

/* Once, before the others: learns which file system /dev/shm is. */
void resolve_begin(void);
/* Of /dev/shm, as it was then; 0: there was none. */
dev_t resolve_device(void);
/* Whether what stat(2) tells of a file shows that the file is neither there nor an object. */
bool resolve_is_elsewhere(dev_t device, uint64_t links);
/*
 * One or two calls of stat(2). False: the path does not lead into the file system of /dev/shm.
 */
bool resolve_may_lead(int directory, const char *path, enum resolve_end end);
/*
 * The path in normal form, without links. There must be the directory, and need not be the file.
 * False: there is no such directory, or the path is too long.
 */
bool resolve(int directory, const char *path, enum resolve_end end, char full[OBJECT_FULL_MAX + 1]);
/*
 * Whether the path is /proc/PID/fd/N, by /dev/fd/N, /dev/stdin and the like, too. link: with these
 * numbers; PATH_MAX bytes.
 */
bool resolve_descriptor(const char *path, char *link, int *pid, int *fd);

#endif
