/* SPDX-License-Identifier: MIT */
/*
 * write(2) and its kin. An object that was opened before it had a size has descriptors that only
 * read. The first write by one of them sizes the object, if nobody has done that yet, and then
 * there is one that writes.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/writer.h"
#include "wire/wire.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20 /* Linux 6.9 */
#endif

/* Others it refuses, and then there must be no size. */
#define FLAGS_OF_TMPFS (RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_NOAPPEND)

/* Those of a call: offset -1 is that of the descriptor. flags: those of pwritev2(2). */
struct bytes {
	const struct iovec *parts;
	int count;
	off64_t offset;
	int flags;
};

static bool appends(int fd, const struct bytes *bytes)
{
	return (bytes->flags & RWF_APPEND) ||
	       (!(bytes->flags & RWF_NOAPPEND) && (fcntl(fd, F_GETFL) & O_APPEND));
}

/* False: they are too many. */
static bool find_end(int fd, const struct bytes *bytes, off64_t *end)
{
	off64_t to = bytes->offset < 0 ? lseek64(fd, 0, SEEK_CUR) : bytes->offset;

	if (appends(fd, bytes))
		to = 0;
	for (int i = 0; i < bytes->count; i++) {
		if (__builtin_add_overflow(to, bytes->parts[i].iov_len, &to))
			return false;
	}
	*end = to;
	return true;
}

static ssize_t write_by_next(int fd, const struct bytes *bytes)
{
	if (bytes->flags)
		return next()->pwritev64v2(
			fd, bytes->parts, bytes->count, bytes->offset, bytes->flags);
	return bytes->offset < 0 ? next()->writev(fd, bytes->parts, bytes->count)
				 : next()->pwritev64(fd, bytes->parts, bytes->count, bytes->offset);
}

/*
 * A lock of the program hangs on the early descriptor, which stays: there is one beside it that
 * writes.
 */
static ssize_t write_beside(const struct object *object, int fd, const struct bytes *bytes)
{
	const int writer = writer_kept(object);
	off64_t offset = bytes->offset;
	struct stat64 st;
	ssize_t written;

	if (writer < 0 || next()->fstat64(writer, &st) < 0) {
		errno = EBADF;
		return -1;
	}
	if (appends(fd, bytes))
		offset = st.st_size;
	else if (offset < 0)
		offset = lseek64(fd, 0, SEEK_CUR);
	written = next()->pwritev64(writer, bytes->parts, bytes->count, offset);
	if (written > 0 && bytes->offset < 0)
		lseek64(fd, offset + written, SEEK_SET);
	return written;
}

static ssize_t write_by_any(const struct object *object, int fd, const struct bytes *bytes)
{
	const ssize_t written = write_by_next(fd, bytes);

	return written < 0 && errno == EBADF ? write_beside(object, fd, bytes) : written;
}

/*
 * The object has a size that another process has given it: an end that a descriptor with O_APPEND
 * cannot pass.
 */
static ssize_t write_sized(struct object *object, int fd, const struct bytes *bytes)
{
	ask_writer(object);
	return write_by_any(object, fd, bytes);
}

/* What is appended to nothing would come behind the size that it has just got. */
static ssize_t write_from_start(const struct object *object, int fd, const struct bytes *bytes)
{
	const int flags = fcntl(fd, F_GETFL);
	const struct bytes first = {
		bytes->parts, bytes->count, bytes->offset < 0 ? -1 : 0, bytes->flags & ~RWF_APPEND};
	ssize_t written;
	int error;

	if (!appends(fd, bytes))
		return write_by_any(object, fd, bytes);
	fcntl(fd, F_SETFL, flags & ~O_APPEND);
	written = write_by_any(object, fd, &first);
	error = errno;
	fcntl(fd, F_SETFL, flags);
	errno = error;
	return written;
}

static ssize_t size_and_write(struct object *object, int fd, const struct bytes *bytes)
{
	struct wire_stated stated;
	int writer, outcome;
	off64_t end;

	if (!find_end(fd, bytes, &end) || end == 0)
		return -1;
	outcome =
		ask_size(object, (uint64_t)end, WIRE_SIZE_SET | WIRE_SIZE_WRITER, &stated, &writer);
	if (outcome == STATUS_SEALED || outcome == STATUS_BAD_SIZE) /* another process was first */
		return write_sized(object, fd, bytes);
	if (outcome != 0) {
		errno = ask_errno(outcome);
		return -1;
	}
	if (writer >= 0)
		objects_install_writer(object, writer);
	return write_from_start(object, fd, bytes);
}

/* After EBADF. */
static ssize_t write_early(int fd, const struct bytes *bytes)
{
	struct stat64 st;
	struct object *object;
	ssize_t written = -1;

	if (marks_get(fd) != MARK_OBJECT || objects_kind_of(fd) != DESCRIPTOR_EARLY)
		return -1;
	if (bytes->flags & ~FLAGS_OF_TMPFS) {
		errno = EOPNOTSUPP;
		return -1;
	}
	object = identify(fd, &st);
	if (object)
		written = st.st_size > 0 ? write_sized(object, fd, bytes)
					 : size_and_write(object, fd, bytes);
	object_drop(object);
	return written;
}

static bool may_be_early(ssize_t written)
{
	return written < 0 && errno == EBADF;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t count)
{
	const struct iovec part = {(void *)(uintptr_t)bytes, count};
	const ssize_t written = next()->write(fd, bytes, count);

	return may_be_early(written) ? write_early(fd, &(struct bytes){&part, 1, -1, 0}) : written;
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
	const struct iovec part = {(void *)(uintptr_t)bytes, count};
	const ssize_t written = next()->pwrite64(fd, bytes, count, offset);

	return may_be_early(written) ? write_early(fd, &(struct bytes){&part, 1, offset, 0})
				     : written;
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	return pwrite64(fd, bytes, count, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	const ssize_t written = next()->writev(fd, parts, count);

	return may_be_early(written) ? write_early(fd, &(struct bytes){parts, count, -1, 0})
				     : written;
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	const ssize_t written = next()->pwritev64(fd, parts, count, offset);

	return may_be_early(written) ? write_early(fd, &(struct bytes){parts, count, offset, 0})
				     : written;
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return pwritev64(fd, parts, count, offset);
}

EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags)
{
	const ssize_t written = next()->pwritev64v2(fd, parts, count, offset, flags);

	return may_be_early(written) ? write_early(fd, &(struct bytes){parts, count, offset, flags})
				     : written;
}

EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	return pwritev64v2(fd, parts, count, offset, flags);
}
