/* SPDX-License-Identifier: MIT */
/*
 * Objects have no times that can be set: utimensat(2), futimens(3), utimes(2). What is not
 * overridden here would reach the memory itself.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

static bool is_part(long part, long whole)
{
	return part >= 0 && part < whole;
}

/* 0 or EINVAL. */
static int check_nanoseconds(const struct timespec times[2])
{
	for (size_t i = 0; times && i < 2; i++) {
		const long part = times[i].tv_nsec;

		if (!is_part(part, 1000000000) && part != UTIME_NOW && part != UTIME_OMIT)
			return EINVAL;
	}
	return 0;
}

/* 0 or EINVAL. */
static int check_microseconds(const struct timeval times[2])
{
	return !times || (is_part(times[0].tv_usec, 1000000) && is_part(times[1].tv_usec, 1000000))
		       ? 0
		       : EINVAL;
}

/* What a call about an object returns: looked, as the look at it did, or -1 with that error. */
static int end(int looked, int error)
{
	if (looked < 0 || error == 0)
		return looked;
	errno = error;
	return -1;
}

EXPORT int futimens(int fd, const struct timespec times[2])
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	if (!object)
		return next()->futimens(fd, times);
	object_drop(object);
	return end(0, check_nanoseconds(times));
}

EXPORT int utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
	struct stat64 st;
	int result;

	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) ||
		!paths_stat(directory, path, &st, flags, &result))
		return next()->utimensat(directory, path, times, flags);
	return end(result, check_nanoseconds(times));
}

EXPORT int futimes(int fd, const struct timeval times[2])
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	if (!object)
		return next()->futimes(fd, times);
	object_drop(object);
	return end(0, check_microseconds(times));
}

/* In the C library these do not call the utimensat that a preload replaces. */
EXPORT int utime(const char *path, const struct utimbuf *times)
{
	struct stat64 st;
	int result;

	return paths_stat(AT_FDCWD, path, &st, 0, &result) ? result : next()->utime(path, times);
}

EXPORT int utimes(const char *path, const struct timeval times[2])
{
	struct stat64 st;
	int result;

	return paths_stat(AT_FDCWD, path, &st, 0, &result) ? end(result, check_microseconds(times))
							   : next()->utimes(path, times);
}

EXPORT int lutimes(const char *path, const struct timeval times[2])
{
	struct stat64 st;
	int result;

	return paths_stat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW, &result)
		       ? end(result, check_microseconds(times))
		       : next()->lutimes(path, times);
}

EXPORT int futimesat(int directory, const char *path, const struct timeval times[2])
{
	struct stat64 st;
	int result;

	return paths_stat(directory, path, &st, 0, &result)
		       ? end(result, check_microseconds(times))
		       : next()->futimesat(directory, path, times);
}
