/* SPDX-License-Identifier: MIT */
/* scandir(3): the C library reads the directory by itself, so here it is read by readdir(3). */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

typedef int filter_function(const struct dirent64 *entry);
typedef int compare_function(const struct dirent64 **a, const struct dirent64 **b);

struct found {
	struct dirent64 **all;
	size_t count;
};

static void found_deinit(struct found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->all[i]);
	free(found->all);
}

/* False: there is no memory. */
static bool take(struct found *found, const struct dirent64 *entry)
{
	struct dirent64 **all =
		reallocarray(found->all, found->count + 1, sizeof(struct dirent64 *));

	if (!all)
		return false;
	found->all = all;
	all[found->count] = malloc(entry->d_reclen);
	if (!all[found->count])
		return false;
	memcpy(all[found->count++], entry, entry->d_reclen);
	return true;
}

/* 0 or an errno. */
static int read_all(DIR *directory, struct found *found, filter_function *filter)
{
	const struct dirent64 *entry;

	errno = 0;
	while ((entry = readdir64(directory))) {
		if ((!filter || filter(entry)) && !take(found, entry))
			return ENOMEM;
		errno = 0;
	}
	return errno;
}

EXPORT int scandir64(const char *path, struct dirent64 ***list, filter_function *filter,
	compare_function *compare)
{
	const int before = errno;
	struct found found = {.all = NULL};
	char full[OBJECT_FULL_MAX + 1];
	DIR *directory;
	int error;

	if (!paths_follow(AT_FDCWD, path, full))
		return next()->scandir64(path, list, filter, compare);
	directory = opendir(path);
	if (!directory)
		return -1;
	error = read_all(directory, &found, filter);
	closedir(directory);
	errno = error != 0 ? error : before;
	if (error != 0) {
		found_deinit(&found);
		return -1;
	}
	if (compare && found.count > 0)
		qsort(found.all, found.count, sizeof(struct dirent64 *),
			(int (*)(const void *, const void *))compare);
	*list = found.all;
	return (int)found.count;
}

EXPORT int scandir(const char *path, struct dirent ***list,
	int (*filter)(const struct dirent *entry),
	int (*compare)(const struct dirent **a, const struct dirent **b))
{
	return scandir64(path, (struct dirent64 ***)list, (filter_function *)filter,
		(compare_function *)compare);
}
