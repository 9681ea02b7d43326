/* SPDX-License-Identifier: MIT */
/*
 * Calls about a path, with PRSHM_POSIX_PATHS=1: stat(2), access(2), truncate(2), unlink(2).
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

/*
 * Wrong flags, and a wrong address of *st, are the kernel's to find: it tells of the directory
 * first.
 */
static int stat_object(const char *full, struct stat64 *st, int flags)
{
	struct wire_stated stated;
	int outcome;

	if (next()->fstatat64(AT_FDCWD, "/dev/shm", st, flags) < 0)
		return -1;
	outcome = ask_stat(full, &stated);
	if (outcome != 0) {
		errno = ask_errno(outcome);
		return -1;
	}
	*st = (struct stat64){
		.st_mode = S_IFREG | stated.mode,
		.st_nlink = 1,
		.st_uid = stated.uid,
		.st_gid = stated.gid,
		.st_size = (off64_t)stated.size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt64_t)(stated.used / 512),
		.st_ctim = {.tv_sec = (time_t)(stated.created / 1000000000U)},
		.st_mtim = {.tv_sec = (time_t)(stated.created / 1000000000U)},
		.st_atim = {.tv_sec = (time_t)(stated.opened / 1000000000U)},
	};
	paths_identify(stated.segment, st);
	return 0;
}

bool paths_stat(int directory, const char *path, struct stat64 *st, int flags, int *result)
{
	char full[OBJECT_FULL_MAX + 1];

	if (!paths_flagged_object(directory, path, flags, full))
		return false;
	*result = stat_object(full, st, flags);
	return true;
}

int paths_correct(
	int told, int before, int directory, const char *path, struct stat64 *st, int flags)
{
	const int error = errno;
	int result;

	if (told == 0 && paths_are_elsewhere(path, st->st_dev, st->st_nlink))
		return 0;
	if (!paths_stat(directory, path, st, flags, &result)) {
		errno = error;
		return told;
	}
	if (result == 0)
		errno = before;
	return result;
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	const int before = errno;
	const int told = next()->stat64(path, st);

	return paths_correct(told, before, AT_FDCWD, path, st, 0);
}

EXPORT int stat(const char *path, struct stat *st)
{
	return stat64(path, (struct stat64 *)st);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	const int before = errno;
	const int told = next()->lstat64(path, st);

	return paths_correct(told, before, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	return lstat64(path, (struct stat64 *)st);
}

/* What programs call that were built with a C library before 2.33. */
#define OLD_STATUS(name, call, type)                                                               \
	EXPORT int name(int version, const char *path, struct type *st);                           \
	EXPORT int name(int version, const char *path, struct type *st)                            \
	{                                                                                          \
		(void)version;                                                                     \
		return call(path, st);                                                             \
	}
OLD_STATUS(__xstat, stat, stat)
OLD_STATUS(__xstat64, stat64, stat64)
OLD_STATUS(__lxstat, lstat, stat)
OLD_STATUS(__lxstat64, lstat64, stat64)

/* What an open would be allowed: named users and groups may have rights. */
static bool may(const char *full, const struct stat64 *st, int mode)
{
	const unsigned int bits = (unsigned int)(mode & (R_OK | W_OK | X_OK));
	const unsigned int others = st->st_mode >> (group_member(st->st_gid) ? 3 : 0);

	if (geteuid() == 0)
		return !(mode & X_OK) || (st->st_mode & 0111);
	if (st->st_uid == geteuid())
		return ((st->st_mode >> 6) & bits) == bits;
	return (!(mode & X_OK) || (others & X_OK)) &&
	       (!(mode & R_OK) || ask_allowed(full, WIRE_READ)) &&
	       (!(mode & W_OK) || ask_allowed(full, WIRE_WRITE));
}

/* False: the path is the file system's. */
static bool look_at_rights(int directory, const char *path, int mode, int flags, int *result)
{
	char full[OBJECT_FULL_MAX + 1];
	struct stat64 st;

	if (!paths_flagged_object(directory, path, flags & AT_SYMLINK_NOFOLLOW, full))
		return false;
	*result = stat_object(full, &st, 0);
	if ((mode & ~(R_OK | W_OK | X_OK)) ||
		(flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))) {
		errno = EINVAL;
		*result = -1;
	} else if (*result == 0 && !may(full, &st, mode)) {
		errno = EACCES;
		*result = -1;
	}
	return true;
}

EXPORT int access(const char *path, int mode)
{
	int result;

	return look_at_rights(AT_FDCWD, path, mode, 0, &result) ? result
								: next()->access(path, mode);
}

EXPORT int faccessat(int directory, const char *path, int mode, int flags)
{
	int result;

	return look_at_rights(directory, path, mode, flags, &result)
		       ? result
		       : next()->faccessat(directory, path, mode, flags);
}

EXPORT int euidaccess(const char *path, int mode)
{
	int result;

	return look_at_rights(AT_FDCWD, path, mode, 0, &result) ? result
								: next()->euidaccess(path, mode);
}

EXPORT int eaccess(const char *path, int mode)
{
	return euidaccess(path, mode);
}

EXPORT int truncate64(const char *path, off64_t size)
{
	char full[OBJECT_FULL_MAX + 1];
	int result;
	int fd;

	if (!paths_name_object(AT_FDCWD, path, full))
		return next()->truncate64(path, size);
	fd = open_segment(full, O_RDWR, 0);
	if (fd < 0)
		return -1;
	result = ftruncate64(fd, size);
	close_segment(fd);
	return result;
}

EXPORT int truncate(const char *path, off_t size)
{
	return truncate64(path, size);
}

/* The kernel finds no object at the end of what is right as far as that. */
EXPORT char *realpath(const char *path, char *resolved)
{
	char *const found = next()->realpath(path, resolved);
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;

	if (found || errno != ENOENT || !paths_name_object(AT_FDCWD, path, full))
		return found;
	if (ask_stat(full, &stated) != 0) {
		errno = ENOENT;
		return NULL;
	}
	return resolved ? strcpy(resolved, full) : strdup(full);
}

/* What fortified programs call. */
EXPORT char *__realpath_chk(const char *path, char *resolved, size_t size);
EXPORT char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	if (size < PATH_MAX)
		abort();
	return realpath(path, resolved);
}

EXPORT char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

EXPORT int unlink(const char *path)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_object(AT_FDCWD, path, full) ? unlink_segment(full) : next()->unlink(path);
}
