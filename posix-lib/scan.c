/* SPDX-License-Identifier: MIT */
/* Looks through /proc/self for descriptors and mappings that nobody told the library of. */
#include "posix-lib/scan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "client-lib/descriptor.h"
#include "posix-lib/marks.h"

void scan_descriptors(void (*each)(void *data, int fd), void *data)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		const int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);

		if (fd >= 0 && fd != dirfd(directory) && marks_get(fd) != MARK_OWN)
			each(data, fd);
	}
	if (directory)
		closedir(directory);
}

static void take_descriptor(void *data, int fd)
{
	struct object *object = data;

	if (descriptor_is(fd, (dev_t)object->device, (ino_t)object->inode))
		objects_add_descriptor(object, fd, DESCRIPTOR_FOUND);
}

/* "7f..-7f.. rw-s 00000000 00:01 4711    /memfd:prshm:/dev/shm/name (deleted)" */
static void take_mapping(struct object *object, const char *line)
{
	unsigned long from, to, inode;
	unsigned int major, minor;

	if (sscanf(line, "%lx-%lx %*4s %*x %x:%x %lu", &from, &to, &major, &minor, &inode) == 5 &&
		inode == object->inode && makedev(major, minor) == object->device)
		objects_add_mapping(object, (const void *)from, to - from);
}

static void scan_mappings(struct object *object)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;

	while (maps && getline(&line, &size, maps) > 0) {
		if (strstr(line, " /memfd:prshm:"))
			take_mapping(object, line);
	}
	free(line);
	if (maps)
		fclose(maps);
}

void scan_for(struct object *object)
{
	const int error = errno;

	scan_descriptors(take_descriptor, object);
	scan_mappings(object);
	errno = error;
}
