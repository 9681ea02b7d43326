/* SPDX-License-Identifier: MIT */
/*
 * close(2), close_range(2), dup2(2), dup3(2), and fork(2). For a foreign descriptor, one look at
 * its mark.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/objects.h"

/*
 * A program that closes all its descriptors does not mean the library's: that one is not open, as
 * far as the program can tell.
 */
static int close_marked(int fd)
{
	struct object *object;
	int result;

	if (objects_are_borrowed())
		return next()->close(fd);
	if (marks_get(fd) == MARK_OWN) {
		errno = EBADF;
		return -1;
	}
	object = objects_remove_descriptor(fd);
	result = next()->close(fd);
	object_drop(object);
	return result;
}

EXPORT int close(int fd)
{
	return marks_get(fd) == MARK_FOREIGN ? next()->close(fd) : close_marked(fd);
}

/* The number is another file by now, which may be an object, too. */
static void note_copy(int fd, int to)
{
	struct stat64 st;
	struct object *object;

	object_drop(objects_remove_descriptor(to));
	marks_clear(to);
	if (marks_get(fd) != MARK_OBJECT || next()->fstat64(fd, &st) != 0)
		return;
	object = objects_find(st.st_dev, st.st_ino);
	if (object)
		objects_add_descriptor(object, to, objects_kind_of(fd));
	object_drop(object);
}

/*
 * Remove the record of `to` first: a thread in objects_install_writer would otherwise replace the
 * new copy by a writer.
 */
static int copy_marked(int fd, int to, int flags)
{
	const enum descriptor_kind kind = objects_kind_of(to);
	struct object *before = objects_remove_descriptor(to);
	const int result = next()->dup3(fd, to, flags);
	const int error = errno;

	if (result >= 0)
		note_copy(fd, to);
	else if (before)
		objects_add_descriptor(before, to, kind);
	object_drop(before);
	errno = error;
	return result;
}

int copy_segment(int fd, int to, int flags)
{
	if (fd == to || (marks_get(fd) == MARK_FOREIGN && marks_get(to) == MARK_FOREIGN) ||
		objects_are_borrowed())
		return next()->dup3(fd, to, flags);
	return copy_marked(fd, to, flags);
}

EXPORT int dup3(int fd, int to, int flags)
{
	return copy_segment(fd, to, flags);
}

EXPORT int dup2(int fd, int to)
{
	if (fd == to || (marks_get(fd) == MARK_FOREIGN && marks_get(to) == MARK_FOREIGN))
		return next()->dup2(fd, to);
	return copy_segment(fd, to, 0);
}

/* Up to the next number with a mark, at once; what has one, by close. 0 or -1, as the call. */
static int close_each(unsigned int first, unsigned int last, int flags)
{
	unsigned int from = first;

	for (unsigned int fd = first; fd <= last && fd < MARKS_COUNT; fd++) {
		if (marks_get((int)fd) == MARK_FOREIGN)
			continue;
		if (fd > from && next()->close_range(from, fd - 1, flags) < 0)
			return -1;
		close_marked((int)fd);
		from = fd + 1;
	}
	return from <= last ? next()->close_range(from, last, flags) : 0;
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	if (!next()->close_range) {
		errno = ENOSYS;
		return -1;
	}
	if (((unsigned int)flags & CLOSE_RANGE_CLOEXEC) || first > last || objects_are_borrowed())
		return next()->close_range(first, last, flags);
	if ((unsigned int)flags & CLOSE_RANGE_UNSHARE) { /* all is closed in a table of its own */
		if (next()->close_range(UINT32_MAX, UINT32_MAX, (int)CLOSE_RANGE_UNSHARE) < 0)
			return -1;
	}
	return close_each(first, last, flags & ~(int)CLOSE_RANGE_UNSHARE);
}

/* closefrom(3) of the C library does not come by here otherwise. */
EXPORT void closefrom(int first)
{
	close_range(first < 0 ? 0 : (unsigned int)first, ~0U, 0);
}

/* A child is a holder of what it has. It asks for itself: the connection is its parent's. */
static void hold_all(void)
{
	struct object *object = objects_next(0, 0);

	while (object) {
		const uint64_t device = object->device;
		const uint64_t inode = object->inode;

		ask_hold(object);
		object_drop(object);
		object = objects_next(device, inode);
	}
}

/* After the constructors that register guards: what is registered first runs first in the child. */
__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, hold_all);
}
