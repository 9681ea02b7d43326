/* SPDX-License-Identifier: MIT */
/*
 * mkdir(2), rmdir(2), unlinkat(2), remove(3), rename(2): directories below /dev/shm are the file
 * system's, and what is in them is the broker's.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

EXPORT int mkdirat(int directory, const char *path, mode_t mode)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;

	/*
	 * mkdir(2) allows a slash at the end; paths_object leaves such a path to the file system.
	 */
	if (paths_lead_here(directory, path, full) && ask_stat(full, &stated) == 0)
		return fail(EEXIST);
	return next()->mkdirat(directory, path, mode);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

static bool note_one(void *data, const char *name, const struct wire_stated *stated)
{
	(void)name;
	(void)stated;
	*(bool *)data = true;
	return false;
}

/* The path is a directory that has objects. */
static bool is_filled(int directory, const char *path)
{
	const int error = errno;
	char full[OBJECT_FULL_MAX + 1];
	bool filled = false;

	if (paths_lead_here(directory, path, full) && !paths_object(directory, path, full))
		ask_list(full, note_one, &filled);
	errno = error;
	return filled;
}

/* 0, or -1 with errno: the directory may not go. */
static int check_empty(int directory, const char *path)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;

	if (paths_object(directory, path, full) && ask_stat(full, &stated) == 0)
		return fail(ENOTDIR);
	return is_filled(directory, path) ? fail(ENOTEMPTY) : 0;
}

EXPORT int rmdir(const char *path)
{
	return check_empty(AT_FDCWD, path) == 0 ? next()->rmdir(path) : -1;
}

EXPORT int unlinkat(int directory, const char *path, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	if (flags & AT_REMOVEDIR)
		return check_empty(directory, path) == 0 ? next()->unlinkat(directory, path, flags)
							 : -1;
	if (flags == 0 && paths_object(directory, path, full))
		return unlink_segment(full);
	return next()->unlinkat(directory, path, flags);
}

/* remove(3) calls unlink inside the C library, where a preload does not see it. */
EXPORT int remove(const char *path)
{
	char full[OBJECT_FULL_MAX + 1];

	if (paths_object(AT_FDCWD, path, full))
		return unlink_segment(full);
	return check_empty(AT_FDCWD, path) == 0 ? next()->remove(path) : -1;
}

static int rename_object(const char *from, const char *to, unsigned int flags)
{
	int outcome;

	if (flags & ~(unsigned int)RENAME_NOREPLACE)
		return fail(EINVAL);
	outcome = ask_rename(from, to, flags & RENAME_NOREPLACE ? WIRE_RENAME_KEEP : 0U);
	return outcome == 0 ? 0 : fail(ask_errno(outcome));
}

/* Of an object, and to a path of the file system's. */
static int move_out(const char *from, int directory, const char *path)
{
	struct wire_stated stated;
	const int outcome = ask_stat(from, &stated);
	char to[OBJECT_FULL_MAX + 1];
	struct stat64 st;

	if (outcome != 0)
		return fail(ask_errno(outcome));
	if (!paths_lead_here(directory, path, to))
		return fail(EXDEV);
	if (next()->fstatat64(directory, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	return fail(S_ISDIR(st.st_mode) ? EISDIR : EXDEV);
}

/*
 * The other way round: a directory, a pipe and the like may get a name in /dev/shm that no object
 * has.
 */
static int move_in(int directory, const char *path, const char *to)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;
	struct stat64 st;

	if (next()->fstatat64(directory, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	if (S_ISREG(st.st_mode) || !paths_lead_here(directory, path, full))
		return fail(EXDEV);
	if (ask_stat(to, &stated) == 0)
		return fail(S_ISDIR(st.st_mode) ? ENOTDIR : EXDEV);
	return 1;
}

/*
 * 0, or -1 with errno; 1: it is the file system's. The objects in a directory do not move with it.
 */
static int take_rename(int from_directory, const char *from_path, int to_directory,
	const char *to_path, unsigned int flags)
{
	char from[OBJECT_FULL_MAX + 1];
	char to[OBJECT_FULL_MAX + 1];
	const bool from_ours = paths_object(from_directory, from_path, from);
	const bool to_ours = paths_object(to_directory, to_path, to);

	if (from_ours && to_ours)
		return rename_object(from, to, flags);
	if (from_ours)
		return move_out(from, to_directory, to_path);
	if (is_filled(from_directory, from_path))
		return fail(EXDEV);
	if (is_filled(to_directory, to_path))
		return fail(ENOTEMPTY);
	return to_ours ? move_in(from_directory, from_path, to) : 1;
}

EXPORT int renameat2(
	int from_directory, const char *from, int to_directory, const char *to, unsigned int flags)
{
	const int result = take_rename(from_directory, from, to_directory, to, flags);

	return result == 1 ? next()->renameat2(from_directory, from, to_directory, to, flags)
			   : result;
}

EXPORT int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	const int result = take_rename(from_directory, from, to_directory, to, 0);

	return result == 1 ? next()->renameat(from_directory, from, to_directory, to) : result;
}

EXPORT int rename(const char *from, const char *to)
{
	const int result = take_rename(AT_FDCWD, from, AT_FDCWD, to, 0);

	return result == 1 ? next()->rename(from, to) : result;
}
