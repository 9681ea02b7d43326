/* SPDX-License-Identifier: MIT */
/* shm_open(3) and shm_unlink(3). */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/name.h"
#include "posix-lib/next.h"
#include "wire/wire.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

static uint32_t flags_of(int oflag)
{
	return ((oflag & O_ACCMODE) == O_RDONLY ? WIRE_OPEN_READONLY : 0U) |
	       (oflag & O_CREAT ? WIRE_OPEN_CREATE : 0U) | (oflag & O_EXCL ? WIRE_OPEN_EXCL : 0U) |
	       (oflag & O_TRUNC ? WIRE_OPEN_TRUNCATE : 0U);
}

int open_segment(const char *full, int oflag, mode_t mode)
{
	const uint32_t bits = oflag & O_CREAT ? name_mode(mode) : 0;
	struct object *object;
	int fd;
	const int outcome = ask_open(full, flags_of(oflag), bits, &object, &fd);

	if (outcome != 0)
		return fail(ask_errno(outcome));
	if (object)
		objects_add_descriptor(object, fd,
			object->is_early && (oflag & O_ACCMODE) != O_RDONLY ? DESCRIPTOR_EARLY
									    : DESCRIPTOR_AS_IS);
	object_drop(object);
	return fd;
}

/*
 * In this library close() is the next library's (own.c): the record of the descriptor would stay.
 */
void close_segment(int fd)
{
	const int error = errno;
	struct object *object = objects_are_borrowed() ? NULL : objects_remove_descriptor(fd);

	next()->close(fd);
	object_drop(object);
	errno = error;
}

EXPORT int shm_open(const char *name, int oflag, mode_t mode)
{
	char full[sizeof(OBJECT_PREFIX) + OBJECT_NAME_MAX];
	const int outcome = name_of(name, full);

	return outcome != 0 ? fail(-outcome) : open_segment(full, oflag, mode);
}

/* As in the C library, EPERM is EACCES. */
int unlink_segment(const char *full)
{
	int outcome = ask_unlink(full);

	if (outcome == STATUS_NOT_OWNER)
		outcome = STATUS_DENIED;
	return outcome == 0 ? 0 : fail(ask_errno(outcome));
}

/* A name that cannot be is one that is not there. */
EXPORT int shm_unlink(const char *name)
{
	char full[sizeof(OBJECT_PREFIX) + OBJECT_NAME_MAX];
	const int outcome = name_of(name, full);

	if (outcome != 0)
		return fail(outcome == -EINVAL ? ENOENT : -outcome);
	return unlink_segment(full);
}
