/* SPDX-License-Identifier: MIT */
/*
 * The memory of an object belongs to the broker's user, so the kernel opens /proc/PID/fd/N for no
 * other user. Programs open their own descriptors so, and UCX those of its peers.
 */
#undef _FILE_OFFSET_BITS
#include "posix-lib/reopen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client-lib/descriptor.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/resolve.h"

static bool is_of(int fd, const struct stat64 *st)
{
	struct stat64 other;

	return next()->fstat64(fd, &other) == 0 && other.st_dev == st->st_dev &&
	       other.st_ino == st->st_ino;
}

/* -1: the object has another name by now, or none. */
static int open_named(const char *path, const struct stat64 *st, int flags)
{
	char name[OBJECT_FULL_MAX + 1];
	int fd;

	if (!identify_label(path, name))
		return -1;
	fd = open_object(name, flags & ~(O_CREAT | O_TRUNC), 0);
	if (fd < 0)
		return -1;
	if (is_of(fd, st) && !(flags & O_TRUNC))
		return fd;
	if (is_of(fd, st)) {
		close_segment(fd);
		return open_object(name, flags & ~O_CREAT, 0);
	}
	close_segment(fd);
	return -1;
}

/*
 * Without a name: a copy, as far as the kernel lets this process look into the other. The offset is
 * that of the descriptor, so a copy must not be able to do more or less than was asked for.
 */
static int copy_from(int pid, int number, int flags)
{
	const int kind = O_ACCMODE | O_APPEND;
	const int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd;

	if (process < 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
	next()->close(process);
	if (fd < 0)
		return -1;
	if ((fcntl(fd, F_GETFL) & kind) != (flags & kind) || (flags & O_TRUNC)) {
		next()->close(fd);
		return -1;
	}
	fd = descriptor_lowest(fd);
	if (!(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	return fd;
}

int reopen(int fd, const char *path, int flags)
{
	const int error = errno;
	char link[PATH_MAX];
	char name[OBJECT_FULL_MAX + 1];
	int pid, number;
	struct stat64 st;

	if (fd >= 0 || (error != EACCES && error != EPERM))
		return fd;
	if (resolve_descriptor(path, link, &pid, &number) && identify_label(link, name) &&
		next()->stat64(link, &st) == 0) {
		fd = open_named(link, &st, flags);
		if (fd < 0)
			fd = copy_from(pid, number, flags);
	}
	errno = error;
	return fd;
}
