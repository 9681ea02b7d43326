/* SPDX-License-Identifier: MIT */
/*
 * fopen(3), freopen(3), fclose(3). The C library opens and closes the descriptor of a stream inside
 * itself, where a preload does not see it.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/objects.h"
#include "posix-lib/paths.h"
#include "posix-lib/reopen.h"

#define MODE_MAX 64 /* bytes of a mode, with the 0 at its end */

/* -1: fopen(3) knows no such mode. */
static int flags_of_mode(const char *mode)
{
	const size_t letters = strcspn(mode, ",");
	const int access = memchr(mode, '+', letters) ? O_RDWR
			   : mode[0] == 'r'           ? O_RDONLY
						      : O_WRONLY;
	const int make = (memchr(mode, 'x', letters) ? O_EXCL : 0) | O_CREAT;
	const int flags = access | (memchr(mode, 'e', letters) ? O_CLOEXEC : 0);

	switch (mode[0]) {
	case 'r':
		return flags;
	case 'w':
		return flags | make | O_TRUNC;
	case 'a':
		return flags | make | O_APPEND;
	default:
		return -1;
	}
}

static bool opens_object(const char *path, int flags, char full[OBJECT_FULL_MAX + 1])
{
	return flags & O_EXCL ? paths_object(AT_FDCWD, path, full)
			      : paths_follow_object(AT_FDCWD, path, full);
}

/* -1: the stream has no descriptor. */
static int number_of(FILE *stream)
{
	const int error = errno;
	const int fd = stream ? fileno(stream) : -1;

	errno = error;
	return fd;
}

/* The descriptor is about to be closed. NULL, or the object that it is of, for object_drop. */
static struct object *forget(int fd)
{
	return fd >= 0 && marks_get(fd) == MARK_OBJECT && !objects_are_borrowed()
		       ? objects_remove_descriptor(fd)
		       : NULL;
}

EXPORT int fclose(FILE *stream)
{
	struct object *object = forget(number_of(stream));
	const int result = next()->fclose(stream);

	object_drop(object);
	return result;
}

/* As a freopen that fails does: the file is closed, and the stream stays. */
static FILE *close_stream(FILE *stream, const char *mode)
{
	const int error = errno;

	next()->freopen64("", mode, stream);
	errno = error;
	return NULL;
}

/*
 * The mode without "x", for a file that there is. False: it has more letters, or a longer
 * character set, than there are.
 */
static bool without_exclusive(const char *mode, char plain[MODE_MAX])
{
	const size_t letters = strcspn(mode, ",");
	size_t length = 0;

	for (size_t i = 0; mode[i]; i++) {
		if (length == MODE_MAX - 1)
			return false;
		if (mode[i] != 'x' || i > letters)
			plain[length++] = mode[i];
	}
	plain[length] = '\0';
	return true;
}

/* The stream is of /dev/null. False, with errno: the object cannot be opened. */
static bool put_object(FILE *stream, const char *full, int flags)
{
	const int fd = open_object(full, flags, 0666);
	bool is_there;

	if (fd < 0)
		return false;
	is_there = copy_segment(fd, fileno(stream), flags & O_CLOEXEC) >= 0;
	if (is_there && (flags & O_APPEND))
		fseeko64(stream, 0, SEEK_END);
	close_segment(fd);
	return is_there;
}

/*
 * The C library opens /dev/null, and the object comes in the place of that: so the stream has all
 * that the mode says, its character set, too.
 */
static FILE *open_stream(const char *full, const char *mode)
{
	char plain[MODE_MAX];
	FILE *opened;
	int error;

	if (!without_exclusive(mode, plain)) {
		errno = EINVAL;
		return NULL;
	}
	opened = next()->fopen64("/dev/null", plain);
	if (!opened || put_object(opened, full, flags_of_mode(mode)))
		return opened;
	error = errno;
	next()->fclose(opened);
	errno = error;
	return NULL;
}

/* The lock keeps other threads from writing to /dev/null. */
static FILE *reopen_stream(const char *full, const char *mode, FILE *stream)
{
	char plain[MODE_MAX];
	FILE *opened = NULL;

	errno = EINVAL;
	flockfile(stream);
	if (without_exclusive(mode, plain))
		opened = next()->freopen64("/dev/null", plain, stream);
	if (!opened || !put_object(opened, full, flags_of_mode(mode)))
		opened = close_stream(stream, mode);
	funlockfile(stream);
	return opened;
}

/* After the kernel has refused. */
static FILE *open_by_number(const char *path, const char *mode)
{
	const int fd = reopen(-1, path, flags_of_mode(mode));
	FILE *opened = fd >= 0 ? fdopen(fd, mode) : NULL;

	if (fd >= 0 && !opened)
		close_segment(fd);
	return opened;
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	char full[OBJECT_FULL_MAX + 1];
	FILE *opened;

	if (flags_of_mode(mode) >= 0 && opens_object(path, flags_of_mode(mode), full))
		return open_stream(full, mode);
	opened = next()->fopen64(path, mode);
	return opened || flags_of_mode(mode) < 0 ? opened : open_by_number(path, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	return fopen64(path, mode);
}

/* path: NULL: the stream's own file, which stays. */
EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	const int fd = number_of(stream);
	struct object *before = path ? forget(fd) : NULL;
	char full[OBJECT_FULL_MAX + 1];
	FILE *opened;

	if (path && flags_of_mode(mode) >= 0 && opens_object(path, flags_of_mode(mode), full))
		opened = reopen_stream(full, mode, stream);
	else
		opened = next()->freopen64(path, mode, stream);
	if (!opened && !path)
		before = forget(fd);
	object_drop(before);
	return opened;
}

EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	return freopen64(path, mode, stream);
}
