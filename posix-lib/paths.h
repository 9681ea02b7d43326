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

/* Whether the program wants that. */
bool paths_are_ours(void);

/*
 * Each takes what the *at calls take, and leaves errno as it is. False: the path is the file
 * system's.
 */

/* The path is /dev/shm, or one below, in normal form. A symbolic link at its end is one. */
bool paths_lead_here(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* The same, for calls that follow such a link. */
bool paths_follow(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* The path is an object's, or free for one. A symbolic link at its end is none. */
bool paths_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* The same, for calls that follow such a link. */
bool paths_follow_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* So, and /proc/self/fd/N is the object that N is a descriptor of, as long as that has a name. */
bool paths_name_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1]);
/* As paths_object with AT_SYMLINK_NOFOLLOW in flags, else as paths_name_object. */
bool paths_flagged_object(
	int directory, const char *path, int flags, char full[OBJECT_FULL_MAX + 1]);

/*
 * Inode and device of a segment: with paths, stat(2) must tell the same of a path as fstat(2) of
 * the descriptor, and /dev/shm must be one file system. Without, nothing is changed.
 */
void paths_identify(uint64_t segment, struct stat64 *st);
/* The same inode. */
uint64_t paths_inode(uint64_t segment);

/*
 * An object's status; flags: as of fstatat(2), which follows a link without AT_SYMLINK_NOFOLLOW.
 * *result: 0, or -1 with errno.
 */
bool paths_stat(int directory, const char *path, struct stat64 *st, int flags, int *result);
/* No path or "", in calls whose headers promise the compiler that there is one. */
bool paths_are_empty(const char *path);
/*
 * Whether what the kernel tells of a path, to a call that follows links or does not, shows that the
 * path is the file system's: most are, and need no other look.
 */
bool paths_are_elsewhere(const char *path, dev_t device, uint64_t links);
/*
 * What a call returns, and what is in *st, when the next library's call has returned told: the
 * same, unless the path is an object's. before: errno before that call, which a success leaves.
 */
int paths_correct(
	int told, int before, int directory, const char *path, struct stat64 *st, int flags);

#endif
