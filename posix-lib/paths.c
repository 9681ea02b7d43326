/* SPDX-License-Identifier: MIT */
/*
 * Tells which paths are the broker's: those of regular files in /dev/shm, with PRSHM_POSIX_PATHS=1.
 */
#undef _FILE_OFFSET_BITS
#include "posix-lib/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix-lib/next.h"
#include "posix-lib/resolve.h"

#define TOP        "/dev/shm"
#define TOP_LENGTH (sizeof(TOP) - 1)

/* Far from the numbers that a tmpfs counts up for the files that are in it. */
#define INODE_FIRST (UINT64_C(1) << 40)

enum environment { NOT_READ, WANTED, NOT_WANTED };
static _Atomic enum environment environment;

/* The constructor of another library may open paths before this one has run. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *text = secure_getenv("PRSHM_POSIX_PATHS");
	const bool is_wanted = text && strcmp(text, "1") == 0;

	if (is_wanted)
		resolve_begin();
	environment = is_wanted ? WANTED : NOT_WANTED;
}

bool paths_are_ours(void)
{
	if (environment == NOT_READ)
		read_environment();
	return environment == WANTED;
}

static bool is_here(const char *full)
{
	return strncmp(full, TOP, TOP_LENGTH) == 0 &&
	       (full[TOP_LENGTH] == '\0' || full[TOP_LENGTH] == '/');
}

bool paths_are_empty(const char *path)
{
	return !path || path[0] == '\0';
}

bool paths_are_elsewhere(const char *path, dev_t device, uint64_t links)
{
	return paths_are_ours() && path && !is_here(path) && resolve_is_elsewhere(device, links);
}

/* Adds the components of a path. False: one is "..", or there is no room. */
static bool append(char full[OBJECT_FULL_MAX + 1], const char *path)
{
	size_t length = strlen(full);

	while (*path) {
		const size_t part = strcspn(path, "/");

		if (part == 2 && memcmp(path, "..", 2) == 0)
			return false;
		if (part > 1 || (part == 1 && *path != '.')) {
			if (length + 1 + part > OBJECT_FULL_MAX)
				return false;
			full[length] = '/';
			memcpy(full + length + 1, path, part);
			length += 1 + part;
			full[length] = '\0';
		}
		path += part;
		path += *path == '/';
	}
	return true;
}

/* The directory that a relative path begins in. False: it has no path, or one that is too long. */
static bool find_base(int directory, char full[OBJECT_FULL_MAX + 1])
{
	char base[PATH_MAX];
	char link[32];
	ssize_t length;

	if (directory == AT_FDCWD)
		return getcwd(base, sizeof(base)) && append(full, base);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	length = next()->readlink(link, base, sizeof(base) - 1);
	base[length > 0 ? length : 0] = '\0';
	return base[0] == '/' && append(full, base);
}

static bool is_link(const char *full)
{
	struct stat64 st;

	return next()->lstat64(full, &st) == 0 && S_ISLNK(st.st_mode);
}

/* In /dev/shm, and not in a directory there, which may be a symbolic link. */
static bool is_plain(const char *full)
{
	return full[TOP_LENGTH] == '\0' || !strchr(full + TOP_LENGTH + 1, '/');
}

static bool lead(
	int directory, const char *path, enum resolve_end end, char full[OBJECT_FULL_MAX + 1])
{
	const bool is_text = (path[0] == '/' || find_base(directory, full)) && append(full, path) &&
			     is_here(full);

	if (is_text && is_plain(full) && (end == RESOLVE_AS_IS || !is_link(full)))
		return true;
	if (!is_text && !resolve_may_lead(directory, path, end))
		return false;
	return resolve(directory, path, end, full) ? is_here(full) : is_text;
}

static bool lead_here(
	int directory, const char *path, enum resolve_end end, char full[OBJECT_FULL_MAX + 1])
{
	const int error = errno;
	bool leads;

	if (!paths_are_ours() || !path || path[0] == '\0')
		return false;
	full[0] = '\0';
	leads = lead(directory, path, end, full);
	errno = error;
	return leads;
}

bool paths_lead_here(int directory, const char *path, char full[OBJECT_FULL_MAX + 1])
{
	return lead_here(directory, path, RESOLVE_AS_IS, full);
}

bool paths_follow(int directory, const char *path, char full[OBJECT_FULL_MAX + 1])
{
	return lead_here(directory, path, RESOLVE_FOLLOW, full);
}

static bool is_in_directory(const char *full)
{
	const size_t length = (size_t)(strrchr(full, '/') - full);
	char parent[OBJECT_FULL_MAX + 1];
	struct stat64 st;

	if (length == TOP_LENGTH)
		return true;
	memcpy(parent, full, length);
	parent[length] = '\0';
	return next()->lstat64(parent, &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * Neither a directory nor anything else that is no regular file, and in a directory that there is.
 */
static bool is_left_to_us(const char *full)
{
	struct stat64 st;

	if (next()->lstat64(full, &st) == 0)
		return S_ISREG(st.st_mode);
	return errno == ENOENT && is_in_directory(full);
}

uint64_t paths_inode(uint64_t segment)
{
	return INODE_FIRST + segment;
}

void paths_identify(uint64_t segment, struct stat64 *st)
{
	if (!paths_are_ours())
		return;
	st->st_ino = paths_inode(segment);
	st->st_dev = resolve_device();
}

/* A path that ends with "/" or with "/." names a directory, or nothing. */
static bool names_directory(const char *path)
{
	const char *last = strrchr(path, '/');

	last = last ? last + 1 : path;
	return last[0] == '\0' || strcmp(last, ".") == 0;
}

static bool is_object(
	int directory, const char *path, enum resolve_end end, char full[OBJECT_FULL_MAX + 1])
{
	const int error = errno;
	bool ours;

	if (!lead_here(directory, path, end, full) || full[TOP_LENGTH] == '\0' ||
		names_directory(path) || strncmp(full + TOP_LENGTH, "/sem.", 5) == 0)
		return false;
	ours = is_left_to_us(full);
	errno = error;
	return ours;
}

bool paths_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1])
{
	return is_object(directory, path, RESOLVE_AS_IS, full);
}

bool paths_follow_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1])
{
	return is_object(directory, path, RESOLVE_FOLLOW, full);
}

bool paths_name_object(int directory, const char *path, char full[OBJECT_FULL_MAX + 1])
{
	return is_object(directory, path, RESOLVE_NAME, full);
}

bool paths_flagged_object(
	int directory, const char *path, int flags, char full[OBJECT_FULL_MAX + 1])
{
	return flags & AT_SYMLINK_NOFOLLOW ? paths_object(directory, path, full)
					   : paths_name_object(directory, path, full);
}
