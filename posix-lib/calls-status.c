/* SPDX-License-Identifier: MIT */
/* fstat(2) and its kin: owner, mode and links are the segment's. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

/* To ask about an early object makes its descriptors ones that can write, once that may be. */
static void ask_about(struct object *object, struct stat64 *st)
{
	struct wire_stated stated;
	int writer;

	if (object->is_early)
		ask_writer(object);
	if (ask_size(object, 0, 0, &stated, &writer) == 0)
		st->st_size = (off64_t)stated.size;
}

/* The size is what the kernel tells, unless the object could have got its first one meanwhile. */
static void look(struct object *object, struct stat64 *st)
{
	struct object_view view = object_get_view(object);

	if (object->is_early || !changes_are_none(&view.since)) {
		ask_about(object, st);
		view = object_get_view(object);
	}
	st->st_uid = view.uid;
	st->st_gid = view.gid;
	st->st_mode = S_IFREG | view.mode;
	st->st_nlink = view.is_deleted ? 0 : 1;
	if (object->broker.segment != 0)
		paths_identify(object->broker.segment, st);
}

static void correct(int fd, struct stat64 *st)
{
	const int error = errno;
	struct object *object = identify_stat(fd, st);

	if (object)
		look(object, st);
	object_drop(object);
	errno = error;
}

static int status_of(int fd, struct stat64 *st)
{
	const int result = next()->fstat64(fd, st);

	if (result == 0 && st->st_nlink == 0)
		correct(fd, st);
	return result;
}

static_assert(sizeof(struct stat) == sizeof(struct stat64), "a system of 64 bits");

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return status_of(fd, st);
}

EXPORT int fstat(int fd, struct stat *st)
{
	return status_of(fd, (struct stat64 *)st);
}

/* What programs call that were built with a C library before 2.33. */
EXPORT int __fxstat(int version, int fd, struct stat *st);
EXPORT int __fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return fstat(fd, st);
}

EXPORT int __fxstat64(int version, int fd, struct stat64 *st);
EXPORT int __fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return fstat64(fd, st);
}

static bool is_about_descriptor(const char *path, int flags)
{
	return (flags & AT_EMPTY_PATH) && paths_are_empty(path);
}

EXPORT int fstatat64(int fd, const char *path, struct stat64 *st, int flags)
{
	const int before = errno;
	const int told = next()->fstatat64(fd, path, st, flags);
	const int result = paths_correct(told, before, fd, path, st, flags);

	if (result == 0 && st->st_nlink == 0 && is_about_descriptor(path, flags))
		correct(fd, st);
	return result;
}

EXPORT int fstatat(int fd, const char *path, struct stat *st, int flags)
{
	return fstatat64(fd, path, (struct stat64 *)st, flags);
}

EXPORT int __fxstatat(int version, int fd, const char *path, struct stat *st, int flags);
EXPORT int __fxstatat(int version, int fd, const char *path, struct stat *st, int flags)
{
	(void)version;
	return fstatat(fd, path, st, flags);
}

EXPORT int __fxstatat64(int version, int fd, const char *path, struct stat64 *st, int flags);
EXPORT int __fxstatat64(int version, int fd, const char *path, struct stat64 *st, int flags)
{
	(void)version;
	return fstatat64(fd, path, st, flags);
}

static void copy_status(const struct stat64 *st, struct statx *stx)
{
	stx->stx_ino = st->st_ino;
	stx->stx_dev_major = major(st->st_dev);
	stx->stx_dev_minor = minor(st->st_dev);
	stx->stx_size = (uint64_t)st->st_size;
	stx->stx_uid = st->st_uid;
	stx->stx_gid = st->st_gid;
	stx->stx_mode = (uint16_t)st->st_mode;
	stx->stx_nlink = (uint32_t)st->st_nlink;
}

EXPORT int statx(int fd, const char *path, int flags, unsigned int mask, struct statx *stx)
{
	const int before = errno;
	const int told = next()->statx(fd, path, flags, mask, stx);
	const int error = errno;
	struct stat64 st;
	int result;

	if (told == 0 && paths_are_elsewhere(path, makedev(stx->stx_dev_major, stx->stx_dev_minor),
				 stx->stx_nlink))
		return 0;
	if (paths_stat(fd, path, &st, flags & AT_SYMLINK_NOFOLLOW, &result)) {
		if (result == 0)
			/* finds what is wrong */
			result = next()->statx(AT_FDCWD, "/dev/shm", flags, mask, stx);
		if (result != 0)
			return result;
		*stx = (struct statx){.stx_mask = STATX_BASIC_STATS,
			.stx_blksize = 4096,
			.stx_blocks = (uint64_t)st.st_blocks,
			.stx_atime = {.tv_sec = st.st_atim.tv_sec},
			.stx_mtime = {.tv_sec = st.st_mtim.tv_sec},
			.stx_ctime = {.tv_sec = st.st_ctim.tv_sec}};
		copy_status(&st, stx);
		errno = before;
		return 0;
	}
	errno = error;
	if (told != 0 || stx->stx_nlink != 0 || !is_about_descriptor(path, flags) ||
		next()->fstat64(fd, &st) != 0)
		return told;
	correct(fd, &st);
	copy_status(&st, stx);
	return told;
}
