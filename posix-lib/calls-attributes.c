/* SPDX-License-Identifier: MIT */
/*
 * Objects have no extended attributes: getxattr(2), setxattr(2). What is not overridden here would
 * reach the memory itself: an access list that root sets there gives it another mode.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

/* What a call about an object returns: looked, as the look at it did, or -1 with that error. */
static int end(int looked, int error)
{
	if (looked < 0 || error == 0)
		return looked;
	errno = error;
	return -1;
}

/*
 * As tmpfs tells of a file that has none. flags: of fstatat(2). False: the path is the file
 * system's.
 */
static bool has_none(const char *path, int flags, int error, ssize_t *result)
{
	struct stat64 st;
	int outcome;

	if (!paths_stat(AT_FDCWD, path, &st, flags, &outcome))
		return false;
	*result = end(outcome, error);
	return true;
}

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	ssize_t result;

	return has_none(path, 0, ENODATA, &result) ? result
						   : next()->getxattr(path, name, value, size);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	ssize_t result;

	return has_none(path, AT_SYMLINK_NOFOLLOW, ENODATA, &result)
		       ? result
		       : next()->lgetxattr(path, name, value, size);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	ssize_t result;

	return has_none(path, 0, 0, &result) ? result : next()->listxattr(path, list, size);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	ssize_t result;

	return has_none(path, AT_SYMLINK_NOFOLLOW, 0, &result)
		       ? result
		       : next()->llistxattr(path, list, size);
}

EXPORT int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	ssize_t result;

	return has_none(path, 0, ENOTSUP, &result)
		       ? (int)result
		       : next()->setxattr(path, name, value, size, flags);
}

EXPORT int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	ssize_t result;

	return has_none(path, AT_SYMLINK_NOFOLLOW, ENOTSUP, &result)
		       ? (int)result
		       : next()->lsetxattr(path, name, value, size, flags);
}

EXPORT int removexattr(const char *path, const char *name)
{
	ssize_t result;

	return has_none(path, 0, ENODATA, &result) ? (int)result : next()->removexattr(path, name);
}

EXPORT int lremovexattr(const char *path, const char *name)
{
	ssize_t result;

	return has_none(path, AT_SYMLINK_NOFOLLOW, ENODATA, &result)
		       ? (int)result
		       : next()->lremovexattr(path, name);
}

/* The same of a descriptor. error: 0: success. */
static bool has_none_there(int fd, int error, ssize_t *result)
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	if (!object)
		return false;
	object_drop(object);
	*result = end(0, error);
	return true;
}

EXPORT ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	ssize_t result;

	return has_none_there(fd, ENODATA, &result) ? result
						    : next()->fgetxattr(fd, name, value, size);
}

EXPORT ssize_t flistxattr(int fd, char *list, size_t size)
{
	ssize_t result;

	return has_none_there(fd, 0, &result) ? result : next()->flistxattr(fd, list, size);
}

EXPORT int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	ssize_t result;

	return has_none_there(fd, ENOTSUP, &result)
		       ? (int)result
		       : next()->fsetxattr(fd, name, value, size, flags);
}

EXPORT int fremovexattr(int fd, const char *name)
{
	ssize_t result;

	return has_none_there(fd, ENODATA, &result) ? (int)result : next()->fremovexattr(fd, name);
}
