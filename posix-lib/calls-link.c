/* SPDX-License-Identifier: MIT */
/*
 * An object has one name, and is no link: link(2), symlink(2), readlink(2), mknod(2), bind(2).
 * Where a link, a pipe, a socket or the like is to be made, the file system does that, but not by
 * the name of an object.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

/*
 * 0: an object has this path. An errno: no object has the path, but one could. -1: the path is the
 * file system's.
 */
static int look(int directory, const char *path)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;
	int outcome;

	if (!paths_object(directory, path, full))
		return -1;
	outcome = ask_stat(full, &stated);
	return outcome == 0 ? 0 : ask_errno(outcome);
}

/* 0, or the errno for a call that makes what is the file system's by that path. */
static int check_free(int directory, const char *path)
{
	const int found = look(directory, path);

	if (found == 0)
		return EEXIST;
	return found == -1 || found == ENOENT ? 0 : found;
}

/*
 * An object gets no name that is the file system's. The kernel says what is wrong with the name: it
 * looks at that before it says EXDEV of what is in /proc, where nothing can be linked.
 */
static int link_out(int directory, const char *path)
{
	return next()->linkat(AT_FDCWD, "/proc/self/status", directory, path, 0);
}

/*
 * A file of the file system's gets no name that is an object's, or free for one: a regular file
 * would not be seen there. 1: the call is the file system's.
 */
static int link_in(
	int from_directory, const char *from, int to_directory, const char *to, int flags)
{
	const int follow = flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat64 st;
	int error;

	if (next()->fstatat64(from_directory, from, &st, follow | (flags & AT_EMPTY_PATH)) != 0)
		return -1;
	error = check_free(to_directory, to);
	if (error)
		return fail(error);
	return S_ISREG(st.st_mode) ? fail(EXDEV) : 1;
}

/* As on a file system that has no hard links. */
EXPORT int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
	const int old = look(from_directory, from);
	const int new = old <= 0 ? look(to_directory, to) : -1;
	int result = 1;

	if ((old >= 0 || new >= 0) && (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)))
		return fail(EINVAL);
	if (old > 0)
		return fail(old);
	if (old == 0 && new < 0)
		return link_out(to_directory, to);
	if (old == 0)
		return fail(new == 0 ? EEXIST : new == ENOENT ? EPERM : new);
	if (new >= 0)
		result = link_in(from_directory, from, to_directory, to, flags);
	return result == 1 ? next()->linkat(from_directory, from, to_directory, to, flags) : result;
}

EXPORT int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int symlinkat(const char *target, int directory, const char *path)
{
	/* Without a target the kernel does not look at the path. */
	const int error = target[0] ? check_free(directory, path) : 0;

	return error ? fail(error) : next()->symlinkat(target, directory, path);
}

EXPORT int symlink(const char *target, const char *path)
{
	return symlinkat(target, AT_FDCWD, path);
}

/* 0, or the errno of readlink(2). */
static int check_no_object(int directory, const char *path)
{
	const int error = check_free(directory, path);

	return error == EEXIST ? EINVAL : error;
}

/*
 * What the kernel tells of /proc/self/fd/N begins with OBJECT_LABEL. The path of the object is
 * shorter.
 */
static ssize_t name_object(
	int directory, const char *path, char *target, ssize_t length, size_t size)
{
	char label[OBJECT_FULL_MAX + sizeof(OBJECT_LABEL)];
	char full[OBJECT_FULL_MAX + 1];
	const char *name = full;

	if (length < (ssize_t)sizeof(OBJECT_LABEL) ||
		memcmp(target, OBJECT_LABEL, sizeof(OBJECT_LABEL) - 1) != 0)
		return length;
	if (paths_name_object(directory, path, full)) {
		length = (ssize_t)strlen(full);
	} else {
		length = next()->readlinkat(directory, path, label, sizeof(label));
		if (length < (ssize_t)sizeof(OBJECT_LABEL))
			return length;
		length -= (ssize_t)(sizeof(OBJECT_LABEL) - sizeof(OBJECT_PREFIX));
		name = label + sizeof(OBJECT_LABEL) - sizeof(OBJECT_PREFIX);
	}
	length = length < (ssize_t)size ? length : (ssize_t)size;
	memcpy(target, name, (size_t)length);
	return length;
}

EXPORT ssize_t readlinkat(int directory, const char *path, char *target, size_t size)
{
	const int error = check_no_object(directory, path);
	const ssize_t length =
		error ? fail(error) : next()->readlinkat(directory, path, target, size);

	return paths_are_ours() ? name_object(directory, path, target, length, size) : length;
}

EXPORT ssize_t readlink(const char *path, char *target, size_t size)
{
	return readlinkat(AT_FDCWD, path, target, size);
}

/* What fortified programs call. */
EXPORT ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t room);
EXPORT ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t room)
{
	if (size > room)
		abort();
	return readlink(path, target, size);
}

EXPORT ssize_t __readlinkat_chk(
	int directory, const char *path, char *target, size_t size, size_t room);
EXPORT ssize_t __readlinkat_chk(
	int directory, const char *path, char *target, size_t size, size_t room)
{
	if (size > room)
		abort();
	return readlinkat(directory, path, target, size);
}

static int make_object(const char *full, mode_t mode)
{
	const int fd = open_segment(full, O_CREAT | O_EXCL | O_RDWR, mode);

	if (fd < 0)
		return -1;
	close_segment(fd);
	return 0;
}

/* Of other types the kernel says that it makes none, and does not look at the path. */
static bool is_made_by_mknod(mode_t mode)
{
	return S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode);
}

EXPORT int mknodat(int directory, const char *path, mode_t mode, dev_t device)
{
	char full[OBJECT_FULL_MAX + 1];
	int error;

	if ((S_ISREG(mode) || (mode & S_IFMT) == 0) && paths_object(directory, path, full))
		return make_object(full, mode);
	error = is_made_by_mknod(mode) ? check_free(directory, path) : 0;
	return error ? fail(error) : next()->mknodat(directory, path, mode, device);
}

EXPORT int mknod(const char *path, mode_t mode, dev_t device)
{
	return mknodat(AT_FDCWD, path, mode, device);
}

/* What programs call that were built with a C library before 2.33. */
EXPORT int __xmknodat(int version, int directory, const char *path, mode_t mode, dev_t *device);
EXPORT int __xmknodat(int version, int directory, const char *path, mode_t mode, dev_t *device)
{
	(void)version;
	return mknodat(directory, path, mode, *device);
}

EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *device);
EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *device)
{
	return __xmknodat(version, AT_FDCWD, path, mode, device);
}

EXPORT int mkfifoat(int directory, const char *path, mode_t mode)
{
	const int error = check_free(directory, path);

	return error ? fail(error) : next()->mkfifoat(directory, path, mode);
}

EXPORT int mkfifo(const char *path, mode_t mode)
{
	return mkfifoat(AT_FDCWD, path, mode);
}

/* The path in the address of a socket, which may have no 0 at its end; or "". */
static void read_path(const struct sockaddr *address, socklen_t size,
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1])
{
	const size_t from = offsetof(struct sockaddr_un, sun_path);

	path[0] = '\0';
	if (!address || size <= from || size > sizeof(struct sockaddr_un) ||
		address->sa_family != AF_UNIX)
		return;
	memcpy(path, (const char *)address + from, size - from);
	path[size - from] = '\0';
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	int error;

	read_path(address, size, path);
	error = path[0] ? check_free(AT_FDCWD, path) : 0;
	if (error)
		return fail(error == EEXIST ? EADDRINUSE : error);
	return next()->bind(fd, address, size);
}
