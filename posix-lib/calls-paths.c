/* SPDX-License-Identifier: MIT */
/* Calls that open by a path: open(2), creat(2), mkstemp(3). */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/name.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "posix-lib/reopen.h"
#include "wire/wire.h"

#define TRIES 100 /* for a name that is free */

/* Of what is no directory. Linux before 6.4 makes a file, if there is O_CREAT. */
static int open_directory(const char *full, int flags)
{
	struct wire_stated stated;
	int outcome;

	if (flags & O_CREAT) {
		errno = EINVAL;
		return -1;
	}
	outcome = ask_stat(full, &stated);
	errno = outcome == 0 ? ENOTDIR : ask_errno(outcome);
	return -1;
}

int open_object(const char *full, int flags, mode_t mode)
{
	int fd;

	if (flags & O_DIRECTORY)
		return open_directory(full, flags);
	fd = open_segment(full, flags, mode);
	if (fd >= 0 && !(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	if (fd >= 0 && (flags & (O_APPEND | O_NONBLOCK)))
		fcntl(fd, F_SETFL, flags & (O_APPEND | O_NONBLOCK));
	return fd;
}

/* Makes an object of a name in which six letters, at marks, are free. */
static int make_unique(const char *path, char *marks, int flags, mode_t mode)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char full[OBJECT_FULL_MAX + 1];
	int fd = -1;

	for (int try = 0; try < TRIES && fd < 0; try++) {
		unsigned char random[6];

		if (getrandom(random, sizeof(random), 0) < 0)
			return -1;
		for (size_t i = 0; i < sizeof(random); i++)
			marks[i] = letters[random[i] % (sizeof(letters) - 1)];
		if (!paths_object(AT_FDCWD, path, full))
			continue;
		fd = open_object(full, O_CREAT | O_EXCL | flags, mode);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	if (fd < 0)
		errno = EEXIST;
	return fd;
}

/* O_TMPFILE: for an instant there is a name, by which nobody but root can open. */
static int open_unnamed(const char *directory, int flags, mode_t mode)
{
	char path[OBJECT_FULL_MAX + 1 + sizeof("/tmp-XXXXXX")];
	char full[OBJECT_FULL_MAX + 1];
	int fd;

	if ((flags & O_ACCMODE) == O_RDONLY) {
		errno = EINVAL;
		return -1;
	}
	snprintf(path, sizeof(path), "%s/tmp-XXXXXX", directory);
	fd = make_unique(path, path + strlen(path) - 6, flags & ~O_TMPFILE, 0);
	if (fd >= 0 && paths_object(AT_FDCWD, path, full)) {
		unlink_segment(full);
		fchmod(fd, name_mode(mode));
	}
	return fd;
}

/* Not of a symbolic link: what a link leads to is the file system's. */
static bool is_directory(const char *full)
{
	const int error = errno;
	struct stat64 st;
	const bool is = next()->lstat64(full, &st) == 0 && S_ISDIR(st.st_mode);

	errno = error;
	return is;
}

/* What open(2) does with a link at the end of the path. */
static bool opens_object(int directory, const char *path, int flags, char full[OBJECT_FULL_MAX + 1])
{
	return (flags & O_NOFOLLOW) || ((flags & O_CREAT) && (flags & O_EXCL))
		       ? paths_object(directory, path, full)
		       : paths_follow_object(directory, path, full);
}

/* False: the path is the file system's. True: *fd is an object's descriptor, or -1 with errno. */
static bool open_here(int directory, const char *path, int flags, mode_t mode, int *fd)
{
	const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
	char full[OBJECT_FULL_MAX + 1];

	if (unnamed && (flags & O_CREAT))
		return false; /* the kernel knows no such flags, whatever the path is: EINVAL */
	if (opens_object(directory, path, flags, full)) {
		*fd = open_object(full, flags, mode);
		return true;
	}
	if (!unnamed || !paths_follow(directory, path, full) || !is_directory(full))
		return false;
	*fd = open_unnamed(full, flags, mode);
	return true;
}

/* The mode is there only with flags that make a file. O_TMPFILE has the bit of O_DIRECTORY. */
#define TAKE_MODE(mode, flags)                                                                     \
	if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) {                               \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode = va_arg(arguments, mode_t);                                                  \
		va_end(arguments);                                                                 \
	}

EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	int fd;

	TAKE_MODE(mode, flags)
	return open_here(directory, path, flags, mode, &fd)
		       ? fd
		       : reopen(next()->openat64(directory, path, flags, mode), path, flags);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	int fd;

	TAKE_MODE(mode, flags)
	return open_here(directory, path, flags, mode, &fd)
		       ? fd
		       : reopen(next()->openat(directory, path, flags, mode), path, flags);
}

EXPORT int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	int fd;

	TAKE_MODE(mode, flags)
	return open_here(AT_FDCWD, path, flags, mode, &fd)
		       ? fd
		       : reopen(next()->open64(path, flags, mode), path, flags);
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	int fd;

	TAKE_MODE(mode, flags)
	return open_here(AT_FDCWD, path, flags, mode, &fd)
		       ? fd
		       : reopen(next()->open(path, flags, mode), path, flags);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What fortified programs call: as in the C library, flags that make a file need a mode. */
static int check_flags(int flags)
{
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		abort();
	return flags;
}

EXPORT int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags)
{
	return open(path, check_flags(flags));
}

EXPORT int __open64_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags)
{
	return open64(path, check_flags(flags));
}

EXPORT int __openat_2(int directory, const char *path, int flags);
EXPORT int __openat_2(int directory, const char *path, int flags)
{
	return openat(directory, path, check_flags(flags));
}

EXPORT int __openat64_2(int directory, const char *path, int flags);
EXPORT int __openat64_2(int directory, const char *path, int flags)
{
	return openat64(directory, path, check_flags(flags));
}

/* The name ends with XXXXXX, and then with as many bytes as suffix says. */
EXPORT int mkostemps64(char *path, int suffix, int flags)
{
	const size_t length = strlen(path);
	char full[OBJECT_FULL_MAX + 1];
	char *marks;

	if (!paths_object(AT_FDCWD, path, full))
		return next()->mkostemps64(path, suffix, flags);
	marks = path + length - 6 - (suffix >= 0 ? suffix : 0);
	if (suffix < 0 || length < 6 + (size_t)suffix || memcmp(marks, "XXXXXX", 6) != 0) {
		errno = EINVAL;
		return -1;
	}
	return make_unique(path, marks, O_RDWR | (flags & ~O_ACCMODE), 0600);
}

EXPORT int mkostemps(char *path, int suffix, int flags)
{
	return mkostemps64(path, suffix, flags);
}

EXPORT int mkostemp64(char *path, int flags)
{
	return mkostemps64(path, 0, flags);
}

EXPORT int mkostemp(char *path, int flags)
{
	return mkostemps64(path, 0, flags);
}

EXPORT int mkstemps64(char *path, int suffix)
{
	return mkostemps64(path, suffix, 0);
}

EXPORT int mkstemps(char *path, int suffix)
{
	return mkostemps64(path, suffix, 0);
}

EXPORT int mkstemp64(char *path)
{
	return mkostemps64(path, 0, 0);
}

EXPORT int mkstemp(char *path)
{
	return mkostemps64(path, 0, 0);
}
