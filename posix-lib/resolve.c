/* SPDX-License-Identifier: MIT */
/*
 * Where a path leads that does not name /dev/shm as such: by "..", by a symbolic link to a
 * directory (/run/shm) or to a file, or by the number of a descriptor (/dev/fd/3). The kernel knows
 * no objects, but it knows the directories.
 */
#undef _FILE_OFFSET_BITS
#include "posix-lib/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"

#define LINKS_MAX 40 /* as in the kernel */

static dev_t top_device; /* 0: there is no /dev/shm */
static bool is_mounted;  /* /dev/shm is a file system of its own */

void resolve_begin(void)
{
	struct stat64 top, above;

	if (next()->stat64("/dev/shm", &top) != 0)
		return;
	top_device = top.st_dev;
	is_mounted = next()->stat64("/dev", &above) == 0 && top.st_dev != above.st_dev;
}

dev_t resolve_device(void)
{
	return top_device;
}

bool resolve_is_elsewhere(dev_t device, uint64_t links)
{
	return is_mounted && device != top_device && links != 0;
}

/* False: a part is too long. parent: with a slash at its end, or "."; last: "": path is "/". */
static bool split(const char *path, char parent[PATH_MAX], char last[NAME_MAX + 1])
{
	const char *end = path + strlen(path);
	const char *begin;

	while (end > path && end[-1] == '/')
		end--;
	begin = end;
	while (begin > path && begin[-1] != '/')
		begin--;
	if (end - begin > NAME_MAX || begin - path >= PATH_MAX)
		return false;
	memcpy(last, begin, (size_t)(end - begin));
	last[end - begin] = '\0';
	memcpy(parent, begin > path ? path : ".", begin > path ? (size_t)(begin - path) : 1);
	parent[begin > path ? begin - path : 1] = '\0';
	return true;
}

static bool link_may_lead(int directory, const char *path)
{
	struct stat64 st;

	return next()->fstatat64(directory, path, &st, 0) != 0 ||
	       !resolve_is_elsewhere(st.st_dev, st.st_nlink);
}

bool resolve_may_lead(int directory, const char *path, enum resolve_end end)
{
	char parent[PATH_MAX];
	char last[NAME_MAX + 1];
	struct stat64 st;

	if (next()->fstatat64(directory, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISLNK(st.st_mode) ? end != RESOLVE_AS_IS && link_may_lead(directory, path)
					   : is_mounted && st.st_dev == top_device;
	return errno == ENOENT && is_mounted && split(path, parent, last) &&
	       next()->fstatat64(directory, parent, &st, 0) == 0 && st.st_dev == top_device;
}

/* The same path, whose directory is in normal form. */
static bool find_directory(const char *path, char real[PATH_MAX])
{
	char parent[PATH_MAX];
	char last[NAME_MAX + 1];
	size_t length;

	if (!split(path, parent, last))
		return false;
	if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return next()->realpath(path, real);
	if (!next()->realpath(parent, real))
		return false;
	length = strlen(real);
	if (length + 1 + strlen(last) >= PATH_MAX)
		return false;
	if (length > 1)
		real[length++] = '/';
	memcpy(real + length, last, strlen(last) + 1);
	return true;
}

static bool is_number(const char *path, int *pid, int *fd)
{
	return sscanf(path, "/proc/%d/fd/%d", pid, fd) == 2;
}

/* path: its directory is in normal form. */
static bool find_object(const char *path, char full[OBJECT_FULL_MAX + 1])
{
	struct wire_stated stated;
	struct object *object;
	struct stat64 st;
	int pid, fd;
	bool named;

	if (!is_number(path, &pid, &fd) || pid != getpid())
		return false;
	object = identify(fd, &st);
	named = object && ask_stat(object->name, &stated) == 0 &&
		stated.segment == object->broker.segment;
	if (named)
		memcpy(full, object->name, strlen(object->name) + 1);
	else if (object && object->broker.segment != 0)
		named = ask_name_of(object->broker.segment, full);
	object_drop(object);
	return named;
}

/*
 * path: its directory is in normal form. 1: *to is where the link leads. 0: there is no link. -1:
 * that is too long.
 */
static int follow(const char *path, char to[PATH_MAX])
{
	const size_t above = (size_t)(strrchr(path, '/') - path) + 1;
	char target[PATH_MAX];
	const ssize_t length = next()->readlink(path, target, sizeof(target) - 1);

	if (length <= 0)
		return 0;
	target[length] = '\0';
	if (target[0] == '/') {
		memcpy(to, target, (size_t)length + 1);
		return 1;
	}
	if (above + (size_t)length >= PATH_MAX)
		return -1;
	memcpy(to, path, above);
	memcpy(to + above, target, (size_t)length + 1);
	return 1;
}

/* A path that realpath(3) takes. */
static bool make_path(int directory, const char *path, char at[PATH_MAX])
{
	const char *const format =
		path[0] == '/' || directory == AT_FDCWD ? "%2$s" : "/proc/self/fd/%1$d/%2$s";
	const int length = snprintf(at, PATH_MAX, format, directory, path);

	return length > 0 && length < PATH_MAX;
}

/* Whether it ended at an object's descriptor. False and "": the path leads nowhere. */
static bool walk(
	const char *path, enum resolve_end end, char real[PATH_MAX], char full[OBJECT_FULL_MAX + 1])
{
	char at[PATH_MAX];
	int followed = 1;

	memcpy(at, path, strlen(path) + 1);
	for (int links = 0; links < LINKS_MAX && followed == 1; links++) {
		if (!find_directory(at, real))
			break;
		if (end == RESOLVE_NAME && find_object(real, full))
			return true;
		followed = end == RESOLVE_AS_IS ? 0 : follow(real, at);
	}
	if (followed != 0)
		real[0] = '\0';
	return false;
}

bool resolve(int directory, const char *path, enum resolve_end end, char full[OBJECT_FULL_MAX + 1])
{
	char at[PATH_MAX];
	char real[PATH_MAX];
	size_t length;

	if (!make_path(directory, path, at))
		return false;
	if (walk(at, end, real, full))
		return true;
	length = strlen(real);
	if (length == 0 || length > OBJECT_FULL_MAX)
		return false;
	memcpy(full, real, length + 1);
	return true;
}

bool resolve_descriptor(const char *path, char *link, int *pid, int *fd)
{
	char at[PATH_MAX];
	int followed = make_path(AT_FDCWD, path, at) ? 1 : -1;

	for (int links = 0; links < LINKS_MAX && followed == 1; links++) {
		if (!find_directory(at, link))
			return false;
		if (is_number(link, pid, fd))
			return true;
		followed = follow(link, at);
	}
	return false;
}
