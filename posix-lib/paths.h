/* SPDX-License-Identifier: MIT */
/*
 * Paths in /dev/shm, where the program wants them to be the broker's. Directories, and all other
 * files that are no regular ones, are the file system's; so are semaphores of the C library.
 */
#ifndef PRSHM_POSIX_PATHS_H
#define PRSHM_POSIX_PATHS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "posix-lib/objects.h"

/*
 * Each takes what the *at calls take, and leaves errno as it is. False: the path is the file
 * system's.
 */

/* The path is /dev/shm, or one below, in normal form. A path with ".." is none. */
bool paths_lead_here(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* The path is an object's, or free for one. */
bool paths_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);

/*
 * Inode and device of a segment: with paths, stat(2) must tell the same of a path as fstat(2) of
 * the descriptor, and /dev/shm must be one file system. Without, nothing is changed.
 */
void paths_identify(uint64_t segment, struct stat64 *st);
/* The same inode. */
uint64_t paths_inode(uint64_t segment);

/* An object's status; flags: as of fstatat(2). *result: 0, or -1 with errno. */
bool paths_stat(int directory, const char *path, struct stat64 *st, int flags, int *result);

#endif
