/* SPDX-License-Identifier: MIT */
/*
 * ftruncate(2), fallocate(2) and posix_fallocate(3): the broker charges a size before it happens.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "wire/wire.h"

/* As the kernel does, for which the broker's limit would count. */
static int check_limit(off64_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
		(uint64_t)size <= limit.rlim_cur)
		return 0;
	raise(SIGXFSZ);
	return EFBIG;
}

static bool is_writable(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

/*
 * libqb's two halves do not agree on the last bytes of a ring, and both set their size. The fixed
 * size stays, and has room for what is asked for.
 */
static bool differs_by_padding(off64_t size, off64_t fixed)
{
	const off64_t mask = 15;

	return (fixed & mask) != 0 && size < fixed && ((size - 1) | mask) == (fixed | mask);
}

/* An early descriptor does not write yet, and may size all the same. So may a copy of one. */
static bool may_size(const struct object *object, int fd)
{
	return is_writable(fd) || (object->is_early && objects_kind_of(fd) != DESCRIPTOR_AS_IS);
}

/* What was changed without asking is charged when the broker looks. */
static int native_truncate(struct object *object, int fd, off64_t size)
{
	struct wire_stated stated;
	int writer;

	if (next()->ftruncate64(fd, size) < 0)
		return errno;
	ask_size(object, 0, 0, &stated, &writer);
	return 0;
}

/* 0 or an errno. A user that the mode shuts out may have got a descriptor all the same. */
static int grow(struct object *object, int fd, off64_t size)
{
	struct wire_stated stated;
	int error = check_limit(size);
	int writer;
	int outcome;

	if (error != 0)
		return error;
	outcome = ask_size(object, (uint64_t)size,
		WIRE_SIZE_SET | (object->is_early ? WIRE_SIZE_WRITER : 0U), &stated, &writer);
	if (outcome == 0 && writer >= 0)
		objects_install_writer(object, writer);
	if ((outcome == STATUS_DENIED || outcome == STATUS_NOT_FOUND) && is_writable(fd))
		return native_truncate(object, fd, size);
	return outcome == 0 ? 0 : ask_errno(outcome);
}

/* 0 or an errno. */
static int resize(struct object *object, int fd, off64_t size, const struct stat64 *st)
{
	int error;

	if (!may_size(object, fd))
		return EINVAL;
	if (size > st->st_size || (object->is_early && size > 0))
		return grow(object, fd, size);
	if (object->is_early && size == st->st_size)
		return 0;
	error = native_truncate(object, fd, size);
	return error == EPERM && differs_by_padding(size, st->st_size) ? 0 : error;
}

EXPORT int ftruncate64(int fd, off64_t size)
{
	struct stat64 st;
	struct object *object = size >= 0 ? identify(fd, &st) : NULL;
	int error;

	if (!object)
		return next()->ftruncate64(fd, size);
	error = resize(object, fd, size, &st);
	object_drop(object);
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

EXPORT int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/*
 * 0 or an errno: makes the object large enough for that range, if it is an object. done: the kernel
 * need not be asked, and would refuse, as it is an early descriptor that stays as it is.
 */
static int make_room(int fd, off64_t offset, off64_t size, bool *done)
{
	struct stat64 st;
	struct object *object;
	off64_t end;
	int error = 0;

	*done = false;
	if (offset < 0 || size <= 0 || __builtin_add_overflow(offset, size, &end))
		return 0;
	object = identify(fd, &st);
	if (object && !may_size(object, fd))
		error = EBADF;
	else if (object && end > st.st_size)
		error = grow(object, fd, end);
	*done = object && error == 0 && !is_writable(fd);
	object_drop(object);
	return error;
}

/*
 * Whether that would find memory behind the size of an object, as rsync(1) has it done. Then
 * nothing is done: the broker frees such memory when the size is fixed, and the call fails
 * afterwards.
 */
static bool is_behind(int fd, off64_t offset, off64_t size)
{
	struct stat64 st;
	struct object *object;
	off64_t end;

	if (offset < 0 || size <= 0 || __builtin_add_overflow(offset, size, &end))
		return false;
	object = identify(fd, &st);
	object_drop(object);
	return object && end > st.st_size && is_writable(fd);
}

EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
	bool done = false;
	int error = 0;

	if (mode == 0)
		error = make_room(fd, offset, size, &done);
	else if (mode == FALLOC_FL_KEEP_SIZE)
		done = is_behind(fd, offset, size);
	if (error == 0)
		return done ? 0 : next()->fallocate64(fd, mode, offset, size);
	errno = error;
	return -1;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t size)
{
	return fallocate64(fd, mode, offset, size);
}

EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
	const int before = errno;
	bool done;
	const int error = make_room(fd, offset, size, &done);

	errno = before;
	return error == 0 && !done ? next()->posix_fallocate64(fd, offset, size) : error;
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t size)
{
	return posix_fallocate64(fd, offset, size);
}
