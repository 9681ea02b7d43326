/* SPDX-License-Identifier: MIT */
/*
 * nftw(3), ftw(3): the C library reads directories by itself. A tree that begins in /dev/shm is
 * walked here, and no directory stays open meanwhile.
 */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

typedef int plain_function(const char *path, const struct stat64 *st, int kind);
typedef int walk_function(
	const char *path, const struct stat64 *st, int kind, struct FTW *position);

struct walk {
	walk_function *each; /* or NULL, and plain */
	plain_function *plain;
	int flags;
	dev_t device;
	char path[2 * PATH_MAX]; /* as the program has named the first directory */
	char full[2 * PATH_MAX]; /* the same file */
};

/* A file of the tree. */
struct place {
	const struct place *above; /* NULL: the first one */
	size_t path, full;         /* the lengths up to here */
	int base, level;
	struct stat64 st;
};

static int visit(struct walk *walk, struct place *place);

static void cut(struct walk *walk, const struct place *place)
{
	walk->path[place->path] = '\0';
	walk->full[place->full] = '\0';
}

/* Into the directory that the file is in. */
static int enter(struct walk *walk)
{
	char *const slash = strrchr(walk->full, '/');
	int result;

	*slash = '\0';
	result = chdir(walk->full);
	*slash = '/';
	return result;
}

static int tell(struct walk *walk, const struct place *place, int kind)
{
	struct FTW position = {.base = place->base, .level = place->level};

	if (!walk->each)
		return walk->plain(walk->path, &place->st, kind == FTW_SLN ? FTW_NS : kind);
	if ((walk->flags & FTW_CHDIR) && enter(walk) < 0)
		return -1;
	return walk->each(walk->path, &place->st, kind, &position);
}

/* With FTW_ACTIONRETVAL: what is left out, and what ends the walk. */
static int judge(const struct walk *walk, int result, int skip)
{
	return (walk->flags & FTW_ACTIONRETVAL) && result == skip ? 0 : result;
}

static bool add(char path[2 * PATH_MAX], size_t length, const char *name)
{
	const size_t more = strlen(name);

	if (length + 1 + more >= 2 * PATH_MAX)
		return false;
	if (length > 0 && path[length - 1] != '/')
		path[length++] = '/';
	memcpy(path + length, name, more + 1);
	return true;
}

static int visit_entry(struct walk *walk, const struct place *above, const char *name)
{
	struct place place = {.above = above, .level = above->level + 1};
	int result;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (!add(walk->path, above->path, name) || !add(walk->full, above->full, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	place.path = strlen(walk->path);
	place.full = strlen(walk->full);
	place.base = (int)(place.path - strlen(name));
	result = visit(walk, &place);
	cut(walk, above);
	return result;
}

static int visit_entries(
	struct walk *walk, const struct place *place, struct dirent64 **entries, int count)
{
	int result = 0;

	for (int i = 0; i < count && result == 0; i++)
		result = visit_entry(walk, place, entries[i]->d_name);
	return judge(walk, result, FTW_SKIP_SIBLINGS);
}

static int visit_directory(struct walk *walk, const struct place *place)
{
	struct dirent64 **entries;
	const int count = scandir64(walk->full, &entries, NULL, NULL);
	int result;

	if (count < 0)
		return errno == EACCES ? tell(walk, place, FTW_DNR) : -1;
	result = walk->flags & FTW_DEPTH ? 0 : tell(walk, place, FTW_D);
	if (result == 0)
		result = visit_entries(walk, place, entries, count);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	if (result == 0 && (walk->flags & FTW_DEPTH))
		result = tell(walk, place, FTW_DP);
	return judge(walk, result, FTW_SKIP_SUBTREE);
}

/* What the file is; -1 with errno. */
static int look(const struct walk *walk, struct stat64 *st)
{
	if ((walk->flags & FTW_PHYS ? lstat64 : stat64)(walk->full, st) == 0)
		return S_ISDIR(st->st_mode) ? FTW_D : S_ISLNK(st->st_mode) ? FTW_SL : FTW_F;
	if (errno != EACCES && errno != ENOENT)
		return -1;
	return lstat64(walk->full, st) == 0 && S_ISLNK(st->st_mode) ? FTW_SLN : FTW_NS;
}

/* A symbolic link may lead to a directory in which the walk is. */
static bool is_above(const struct place *place)
{
	for (const struct place *above = place->above; above; above = above->above) {
		if (above->st.st_dev == place->st.st_dev && above->st.st_ino == place->st.st_ino)
			return true;
	}
	return false;
}

static int visit(struct walk *walk, struct place *place)
{
	const int kind = look(walk, &place->st);

	if (kind < 0 || (kind == FTW_NS && !place->above))
		return -1;
	if ((walk->flags & FTW_MOUNT) && place->above && place->st.st_dev != walk->device)
		return 0;
	if (!place->above)
		walk->device = place->st.st_dev;
	if (kind != FTW_D)
		return judge(walk, tell(walk, place, kind), FTW_SKIP_SUBTREE);
	return is_above(place) ? 0 : visit_directory(walk, place);
}

/* full: where the path leads. */
static int walk_from(struct walk *walk, const char *path, const char *full)
{
	struct place place = {.path = strlen(path), .full = strlen(full)};
	const char *slash;
	int directory = -1;
	int result, error;

	if (place.path >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (walk->flags & FTW_CHDIR)
		directory = open(".", O_PATH | O_CLOEXEC);
	while (place.path > 1 && path[place.path - 1] == '/')
		place.path--;
	memcpy(walk->path, path, place.path);
	memcpy(walk->full, full, place.full);
	cut(walk, &place);
	slash = strrchr(walk->path, '/');
	place.base = slash ? (int)(slash + 1 - walk->path) : 0;
	result = judge(walk, visit(walk, &place), FTW_SKIP_SIBLINGS);
	error = errno;
	if (directory >= 0) {
		if (fchdir(directory) < 0)
			result = -1;
		close(directory);
	}
	errno = error;
	return result;
}

EXPORT int nftw64(const char *path, walk_function *each, int most, int flags)
{
	const int known = FTW_PHYS | FTW_MOUNT | FTW_CHDIR | FTW_DEPTH | FTW_ACTIONRETVAL;
	struct walk walk = {.each = each, .flags = flags};
	char full[OBJECT_FULL_MAX + 1];

	return (flags & ~known) || !paths_follow(AT_FDCWD, path, full)
		       ? next()->nftw64(path, each, most, flags)
		       : walk_from(&walk, path, full);
}

EXPORT int nftw(const char *path,
	int (*each)(const char *path, const struct stat *st, int kind, struct FTW *position),
	int most, int flags)
{
	return nftw64(path, (walk_function *)each, most, flags);
}

EXPORT int ftw64(const char *path, plain_function *each, int most)
{
	struct walk walk = {.plain = each};
	char full[OBJECT_FULL_MAX + 1];

	return paths_follow(AT_FDCWD, path, full) ? walk_from(&walk, path, full)
						  : next()->ftw64(path, each, most);
}

EXPORT int ftw(
	const char *path, int (*each)(const char *path, const struct stat *st, int kind), int most)
{
	return ftw64(path, (plain_function *)each, most);
}
