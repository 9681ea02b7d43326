/* SPDX-License-Identifier: MIT */
/* Objects have no times that can be set, and no extended attributes: utimensat(2), futimens(3), getxattr(2). */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

EXPORT int futimens(int fd, const struct timespec times[2])
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	if (!object)
		return next()->futimens(fd, times);
	object_drop(object);
	return 0;
}

EXPORT int utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
	struct stat64 st;
	int result;

	return paths_stat(directory, path, &st, &result)
		       ? result
		       : next()->utimensat(directory, path, times, flags);
}

/* As a file system without them. False: the path is the file system's. */
static bool has_none(const char *path)
{
	struct stat64 st;
	int result;

	if (!paths_stat(AT_FDCWD, path, &st, &result))
		return false;
	if (result == 0)
		errno = ENOTSUP;
	return true;
}

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	return has_none(path) ? -1 : next()->getxattr(path, name, value, size);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	return has_none(path) ? -1 : next()->lgetxattr(path, name, value, size);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	return has_none(path) ? -1 : next()->listxattr(path, list, size);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	return has_none(path) ? -1 : next()->llistxattr(path, list, size);
}
