/* SPDX-License-Identifier: MIT */
/*
 * Locks and seals of fcntl(2). A lock for writing needs a descriptor that writes, which an early
 * one is not: the writer comes as for write(2). The seals are the broker's.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/scan.h"
#include "posix-lib/writer.h"

static_assert(sizeof(struct flock) == sizeof(struct flock64), "a system of 64 bits");

static bool is_of_open_file(int command)
{
	return command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

static bool locks_for_writing(int command, const struct flock *lock)
{
	return (command == F_SETLK || command == F_SETLKW || is_of_open_file(command)) &&
	       lock->l_type == F_WRLCK;
}

/*
 * What keeps out a lock for reading keeps out one for writing: fails, or waits, as that. Then most
 * often the object has got its size. A lock that is there already must not go.
 */
static int try_for_reading(int fd, int command, const struct flock *lock)
{
	struct flock probe = *lock;

	if (scan_finds_lock(fd))
		return 0;
	probe.l_type = F_RDLCK;
	if (next()->fcntl64(fd, command, &probe) < 0)
		return -1;
	probe.l_type = F_UNLCK;
	return next()->fcntl64(fd, is_of_open_file(command) ? F_OFD_SETLK : F_SETLK, &probe);
}

/* Such a lock is the process's, by whatever descriptor it is set. */
static int lock_beside(const struct object *object, int command, struct flock *lock)
{
	const int writer = writer_kept(object);

	errno = EBADF;
	if (writer < 0 || is_of_open_file(command) || lock->l_whence != SEEK_SET)
		return -1;
	return next()->fcntl64(writer, command, lock);
}

/* After EBADF. */
static int lock_early(int fd, int command, struct flock *lock)
{
	struct stat64 st;
	struct object *object;
	int result = -1;

	if (marks_get(fd) != MARK_OBJECT || objects_kind_of(fd) != DESCRIPTOR_EARLY)
		return -1;
	object = identify(fd, &st);
	if (object && try_for_reading(fd, command, lock) == 0) {
		ask_writer(object);
		result = next()->fcntl64(fd, command, lock);
		if (result < 0 && errno == EBADF)
			result = lock_beside(object, command, lock);
	}
	object_drop(object);
	return result;
}

/* A file of tmpfs cannot be sealed either. With seals of the program no other process gets it. */
static bool is_sealed_by_broker(int fd)
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	object_drop(object);
	return object;
}

static int control(int fd, int command, void *argument)
{
	int result;

	if (command == F_ADD_SEALS && is_sealed_by_broker(fd)) {
		errno = EPERM;
		return -1;
	}
	result = next()->fcntl64(fd, command, argument);
	return result < 0 && errno == EBADF && locks_for_writing(command, argument)
		       ? lock_early(fd, command, argument)
		       : result;
}

/* The argument may be a number, or missing: the kernel knows. */
#define CONTROL(fd, command)                                                                       \
	do {                                                                                       \
		va_list arguments;                                                                 \
		void *argument;                                                                    \
                                                                                                   \
		va_start(arguments, command);                                                      \
		argument = va_arg(arguments, void *);                                              \
		va_end(arguments);                                                                 \
		return control(fd, command, argument);                                             \
	} while (0)

EXPORT int fcntl64(int fd, int command, ...)
{
	CONTROL(fd, command);
}

EXPORT int fcntl(int fd, int command, ...)
{
	CONTROL(fd, command);
}

/* lockf(3) of the C library does not come by fcntl. */
EXPORT int lockf64(int fd, int command, off64_t size)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = size};
	const int result = next()->lockf64(fd, command, size);

	if (result == 0 || errno != EBADF || (command != F_LOCK && command != F_TLOCK))
		return result;
	lock.l_start = lseek64(fd, 0, SEEK_CUR);
	return lock_early(fd, command == F_LOCK ? F_SETLKW : F_SETLK, &lock);
}

EXPORT int lockf(int fd, int command, off_t size)
{
	return lockf64(fd, command, size);
}
