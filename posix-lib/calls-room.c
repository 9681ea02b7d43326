/* SPDX-License-Identifier: MIT */
/*
 * statfs(2), statvfs(3) and their kin: how much room there is. MPI libraries and others look before
 * they make anything; what counts is what the user may have of the broker's, not what fits into
 * /dev/shm. And pathconf(3), which asks the same way.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

/* In units of that many bytes. False: the broker does not tell. */
static bool look(uint64_t unit, struct room *room)
{
	const int error = errno;
	const bool told = unit > 0 && ask_room(room) == 0;

	errno = error;
	if (told) {
		room->bytes /= unit;
		room->bytes_free /= unit;
	}
	return told;
}

static void fill(struct statfs64 *out)
{
	struct room room;

	if (!look((uint64_t)out->f_bsize, &room))
		return;
	out->f_blocks = room.bytes;
	out->f_bfree = out->f_bavail = room.bytes_free;
	out->f_files = room.segments;
	out->f_ffree = room.segments_free;
}

static void fill_portable(struct statvfs64 *out)
{
	struct room room;

	if (!look(out->f_frsize, &room))
		return;
	out->f_blocks = room.bytes;
	out->f_bfree = out->f_bavail = room.bytes_free;
	out->f_files = room.segments;
	out->f_ffree = out->f_favail = room.segments_free;
}

/* Of /dev/shm itself also without paths: who is about to call shm_open(3) looks there. */
static bool is_ours(const char *path)
{
	char full[OBJECT_FULL_MAX + 1];

	return strcmp(path, "/dev/shm") == 0 || strcmp(path, "/dev/shm/") == 0 ||
	       paths_follow(AT_FDCWD, path, full);
}

/* An object has no file of its own to be asked about. NULL with errno: there is no such object. */
static const char *stand_in(const char *path)
{
	struct stat64 st;
	int result;

	if (!paths_stat(AT_FDCWD, path, &st, 0, &result))
		return path;
	return result == 0 ? "/dev/shm" : NULL;
}

static bool is_of_ours(int fd)
{
	char full[OBJECT_FULL_MAX + 1];
	struct stat64 st;
	struct object *object = identify(fd, &st);

	object_drop(object);
	return object || (S_ISDIR(st.st_mode) && paths_lead_here(fd, ".", full));
}

EXPORT int statfs64(const char *path, struct statfs64 *out)
{
	const char *asked = stand_in(path);
	const int result = asked ? next()->statfs64(asked, out) : -1;

	if (result == 0 && is_ours(path))
		fill(out);
	return result;
}

EXPORT int statfs(const char *path, struct statfs *out)
{
	return statfs64(path, (struct statfs64 *)out);
}

EXPORT int fstatfs64(int fd, struct statfs64 *out)
{
	const int result = next()->fstatfs64(fd, out);

	if (result == 0 && is_of_ours(fd))
		fill(out);
	return result;
}

EXPORT int fstatfs(int fd, struct statfs *out)
{
	return fstatfs64(fd, (struct statfs64 *)out);
}

EXPORT int statvfs64(const char *path, struct statvfs64 *out)
{
	const char *asked = stand_in(path);
	const int result = asked ? next()->statvfs64(asked, out) : -1;

	if (result == 0 && is_ours(path))
		fill_portable(out);
	return result;
}

EXPORT int statvfs(const char *path, struct statvfs *out)
{
	return statvfs64(path, (struct statvfs64 *)out);
}

EXPORT int fstatvfs64(int fd, struct statvfs64 *out)
{
	const int result = next()->fstatvfs64(fd, out);

	if (result == 0 && is_of_ours(fd))
		fill_portable(out);
	return result;
}

EXPORT int fstatvfs(int fd, struct statvfs *out)
{
	return fstatvfs64(fd, (struct statvfs64 *)out);
}

EXPORT long pathconf(const char *path, int name)
{
	const char *asked = stand_in(path);

	return asked ? next()->pathconf(asked, name) : -1;
}
