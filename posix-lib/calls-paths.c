/* SPDX-License-Identifier: MIT */
/*
 * With PRSHM_POSIX_PATHS=1 (prshm-posix-run --paths): calls by a path in /dev/shm. Without it, and for any
 * other path, they are the C library's. Files that begin with "sem." are its semaphores.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/name.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

#define TRIES 100 /* for a name that is free */

static bool is_wanted;

__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("PRSHM_POSIX_PATHS");

	is_wanted = text && strcmp(text, "1") == 0;
}

/* The object's name, as shm_open(3) has it; NULL: the path is none of ours. */
static const char *object_of(const char *path)
{
	const char *name;

	if (!is_wanted || !path || strncmp(path, OBJECT_PREFIX, sizeof(OBJECT_PREFIX) - 1) != 0)
		return NULL;
	name = path + sizeof(OBJECT_PREFIX) - 1;
	return name[0] == '\0' || name[0] == '.' || strchr(name, '/') || strncmp(name, "sem.", 4) == 0
		       ? NULL
		       : name;
}

static int open_object(const char *name, int flags, mode_t mode)
{
	int fd;

	if (flags & O_DIRECTORY) {
		errno = ENOTDIR;
		return -1;
	}
	fd = shm_open(name, flags, mode);
	if (fd >= 0 && !(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	if (fd >= 0 && (flags & (O_APPEND | O_NONBLOCK)))
		fcntl(fd, F_SETFL, flags & (O_APPEND | O_NONBLOCK));
	return fd;
}

/* The mode is there only with flags that make a file. */
#define TAKE_MODE(mode, flags)                                                                     \
	if ((flags) & (O_CREAT | O_TMPFILE)) {                                                     \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode = va_arg(arguments, mode_t);                                                  \
		va_end(arguments);                                                                 \
	}

EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	const char *name = object_of(path);
	mode_t mode = 0;

	TAKE_MODE(mode, flags)
	return name ? open_object(name, flags, mode) : next()->openat64(directory, path, flags, mode);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
	const char *name = object_of(path);
	mode_t mode = 0;

	TAKE_MODE(mode, flags)
	return name ? open_object(name, flags, mode) : next()->openat(directory, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	const char *name = object_of(path);
	mode_t mode = 0;

	TAKE_MODE(mode, flags)
	return name ? open_object(name, flags, mode) : next()->open64(path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
	const char *name = object_of(path);
	mode_t mode = 0;

	TAKE_MODE(mode, flags)
	return name ? open_object(name, flags, mode) : next()->open(path, flags, mode);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What fortified programs call: the flags make no file. */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

EXPORT int __open64_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

static int make_unique(char *path, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const size_t length = strlen(path);
	int fd = -1;

	if (length < 6 || strcmp(path + length - 6, "XXXXXX") != 0) {
		errno = EINVAL;
		return -1;
	}
	for (int try = 0; try < TRIES && fd < 0; try++) {
		unsigned char random[6];

		if (getrandom(random, sizeof(random), 0) < 0)
			return -1;
		for (size_t i = 0; i < sizeof(random); i++)
			path[length - 6 + i] = letters[random[i] % (sizeof(letters) - 1)];
		fd = open_object(name, O_CREAT | O_EXCL | O_RDWR, 0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

EXPORT int mkstemp64(char *path)
{
	const char *name = object_of(path);

	return name ? make_unique(path, name) : next()->mkstemp64(path);
}

EXPORT int mkstemp(char *path)
{
	return mkstemp64(path);
}

EXPORT int unlink(const char *path)
{
	const char *name = object_of(path);

	return name ? shm_unlink(name) : next()->unlink(path);
}

EXPORT int unlinkat(int directory, const char *path, int flags)
{
	const char *name = object_of(path);

	return name ? shm_unlink(name) : next()->unlinkat(directory, path, flags);
}

/* What the broker tells of a name: not the inode, which only a descriptor has. */
static int stat_object(const char *name, struct stat64 *st)
{
	char full[sizeof(OBJECT_PREFIX) + OBJECT_NAME_MAX];
	struct wire_stated stated;
	int outcome = name_of(name, full);

	if (outcome == 0)
		outcome = ask_stat(full, &stated);
	if (outcome != 0) {
		errno = ask_errno(outcome);
		return -1;
	}
	*st = (struct stat64){
		.st_ino = stated.segment,
		.st_mode = S_IFREG | stated.mode,
		.st_nlink = 1,
		.st_uid = stated.uid,
		.st_gid = stated.gid,
		.st_size = (off64_t)stated.size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt64_t)(stated.used / 512),
		.st_ctim = {.tv_sec = (time_t)(stated.created / 1000000000U)},
		.st_mtim = {.tv_sec = (time_t)(stated.created / 1000000000U)},
		.st_atim = {.tv_sec = (time_t)(stated.opened / 1000000000U)},
	};
	return 0;
}

bool paths_stat(const char *path, struct stat64 *st, int *result)
{
	const char *name = object_of(path);

	if (name)
		*result = stat_object(name, st);
	return name;
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	const char *name = object_of(path);

	return name ? stat_object(name, st) : next()->stat64(path, st);
}

EXPORT int stat(const char *path, struct stat *st)
{
	return stat64(path, (struct stat64 *)st);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	const char *name = object_of(path);

	return name ? stat_object(name, st) : next()->lstat64(path, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	return lstat64(path, (struct stat64 *)st);
}

static bool may(const struct stat64 *st, int mode)
{
	const unsigned int bits = (unsigned int)(mode & (R_OK | W_OK | X_OK));

	if (geteuid() == 0)
		return !(mode & X_OK);
	if (st->st_uid == geteuid())
		return ((st->st_mode >> 6) & bits) == bits;
	return ((st->st_mode >> (st->st_gid == getegid() ? 3 : 0)) & bits) == bits;
}

EXPORT int access(const char *path, int mode)
{
	const char *name = object_of(path);
	struct stat64 st;

	if (!name)
		return next()->access(path, mode);
	if (stat_object(name, &st) < 0)
		return -1;
	if (may(&st, mode))
		return 0;
	errno = EACCES;
	return -1;
}

EXPORT int faccessat(int directory, const char *path, int mode, int flags)
{
	return object_of(path) ? access(path, mode) : next()->faccessat(directory, path, mode, flags);
}
