/* SPDX-License-Identifier: MIT */
/*
 * mkdir(2), rmdir(2), unlinkat(2): directories below /dev/shm are the file system's, and what is in
 * them is the broker's.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

EXPORT int mkdirat(int directory, const char *path, mode_t mode)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;

	if (paths_object(directory, path, full) && ask_stat(full, &stated) == 0) {
		errno = EEXIST;
		return -1;
	}
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
		errno = ENOTDIR;
	else if (is_filled(directory, path))
		errno = ENOTEMPTY;
	else
		return 0;
	return -1;
}

EXPORT int rmdir(const char *path)
{
	return check_empty(AT_FDCWD, path) == 0 ? next()->rmdir(path) : -1;
}

EXPORT int unlinkat(int directory, const char *path, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	if (flags & AT_REMOVEDIR)
		return check_empty(directory, path) == 0 ? next()->unlinkat(directory, path, flags) : -1;
	if (paths_object(directory, path, full))
		return unlink_segment(full);
	return next()->unlinkat(directory, path, flags);
}
