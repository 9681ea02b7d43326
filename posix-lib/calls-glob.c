/* SPDX-License-Identifier: MIT */
/* glob(3): the C library reads directories by itself, unless it is told by which calls. */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

typedef int error_function(const char *path, int error);

static void *open_directory(const char *path)
{
	return opendir(path);
}

static struct dirent64 *read_entry(void *directory)
{
	return readdir64(directory);
}

static void close_directory(void *directory)
{
	closedir(directory);
}

EXPORT int glob64(const char *pattern, int flags, error_function *error, glob64_t *found)
{
	int result;

	if (!paths_are_ours() || (flags & GLOB_ALTDIRFUNC))
		return next()->glob64(pattern, flags, error, found);
	found->gl_opendir = open_directory;
	found->gl_readdir = read_entry;
	found->gl_closedir = close_directory;
	found->gl_stat = stat64;
	found->gl_lstat = lstat64;
	result = next()->glob64(pattern, flags | GLOB_ALTDIRFUNC, error, found);
	found->gl_flags &= ~GLOB_ALTDIRFUNC;
	return result;
}

EXPORT int glob(const char *pattern, int flags, error_function *error, glob_t *found)
{
	return glob64(pattern, flags, error, (glob64_t *)found);
}
