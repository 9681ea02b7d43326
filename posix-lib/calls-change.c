/* SPDX-License-Identifier: MIT */
/*
 * fchmod(2), fchown(2), and the same by a path, which needs no descriptor: who may not read an
 * object may change it all the same, and so may a child of vfork(2).
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

/* 0, or -1 with errno; 1: the descriptor is foreign. */
static int change(int fd, uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct stat64 st;
	struct object *object = identify(fd, &st);
	int result;

	if (!object)
		return 1;
	result = ask_end_change(ask_change(object, mode, uid, gid));
	object_drop(object);
	if (result < 0 && errno == ENOENT)
		errno = EPERM;
	return result;
}

EXPORT int fchmod(int fd, mode_t mode)
{
	const int result = change(fd, mode & 0777, UINT32_MAX, UINT32_MAX);

	return result == 1 ? next()->fchmod(fd, mode) : result;
}

EXPORT int fchown(int fd, uid_t uid, gid_t gid)
{
	const int result = change(fd, UINT32_MAX, uid, gid);

	return result == 1 ? next()->fchown(fd, uid, gid) : result;
}

/* The rights of named users and groups stay. */
static int set_mode(const char *full, mode_t mode)
{
	struct rights rights;
	const int outcome = ask_rights(full, &rights);

	rights.mode = mode;
	return ask_end_change(outcome == 0 ? ask_set_rights(full, &rights) : outcome);
}

EXPORT int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_flagged_object(directory, path, flags, full)
		       ? set_mode(full, mode)
		       : next()->fchmodat(directory, path, mode, flags);
}

EXPORT int chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

EXPORT int lchmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
}

EXPORT int fchownat(int directory, const char *path, uid_t uid, gid_t gid, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	if ((flags & AT_EMPTY_PATH) && paths_are_empty(path) && directory >= 0)
		return fchown(directory, uid, gid);
	return paths_flagged_object(directory, path, flags, full)
		       ? ask_end_change(ask_set_owner(full, uid, gid))
		       : next()->fchownat(directory, path, uid, gid, flags);
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	return fchownat(AT_FDCWD, path, uid, gid, 0);
}

EXPORT int lchown(const char *path, uid_t uid, gid_t gid)
{
	return fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}
