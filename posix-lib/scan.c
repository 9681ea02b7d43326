/* SPDX-License-Identifier: MIT */
/* Looks through /proc/self for descriptors and mappings that nobody told the library of. */
#include "posix-lib/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client-lib/descriptor.h"
#include "posix-lib/marks.h"

/*
 * A page on the stack: closedir(3) would free what opendir(3) allocates, and both ask for more than
 * is needed.
 */
void scan_descriptors(void (*each)(void *data, int fd), void *data)
{
	const int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char entries[4096];
	long length;

	if (directory < 0)
		return;
	while ((length = syscall(SYS_getdents64, directory, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < length;) {
			const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
			const int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);

			if (fd >= 0 && fd != directory && marks_get(fd) != MARK_OWN)
				each(data, fd);
			at += entry->d_reclen;
		}
	}
	close(directory);
}

static void take_descriptor(void *data, int fd)
{
	struct object *object = data;

	if (descriptor_is(fd, (dev_t)object->device, (ino_t)object->inode))
		objects_add_descriptor(object, fd, DESCRIPTOR_FOUND);
}

/* proc_pid_maps(5), since Linux 6.11; not all headers have it. */
struct map_query {
	uint64_t size, flags, at;
	uint64_t from, to, permissions, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

#define QUERY_MAP _IOWR('f', 17, struct map_query)
/* Shared mappings of files: the one there, or the next one. */
#define QUERY_SHARED_FROM (0x08U | 0x10U | 0x20U)

static void take_mapping(struct object *object, const struct map_query *found)
{
	if (found->inode == object->inode && makedev(found->major, found->minor) == object->device)
		objects_add_mapping(
			object, (const void *)(uintptr_t)found->from, found->to - found->from);
}

/*
 * Passes over the private mappings, of which a big program has thousands: those of objects are
 * known, but if the program makes system calls of its own. False: the kernel does not tell.
 */
static bool query_mappings(struct object *object, int maps)
{
	struct map_query query = {.size = sizeof(query), .flags = QUERY_SHARED_FROM};

	while (ioctl(maps, QUERY_MAP, &query) == 0) {
		take_mapping(object, &query);
		query = (struct map_query){
			.size = query.size, .flags = query.flags, .at = query.to};
	}
	return errno == ENOENT; /* there is no other one */
}

/* "7f..-7f.. rw-s 00000000 00:01 4711    /memfd:prshm:/dev/shm/name (deleted)" */
static void take_line(struct object *object, const char *line)
{
	struct map_query found;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %*x %x:%x %" SCNu64, &found.from, &found.to,
		    &found.major, &found.minor, &found.inode) == 5)
		take_mapping(object, &found);
}

/* Looks at the lines that are whole, and returns how many bytes are left of another one. */
static size_t take_lines(struct object *object, char *text, size_t length)
{
	char *line = text;
	char *end;

	while ((end = memchr(line, '\n', length - (size_t)(line - text)))) {
		*end = '\0';
		if (strstr(line, " /memfd:prshm:"))
			take_line(object, line);
		line = end + 1;
	}
	length -= (size_t)(line - text);
	memmove(text, line, length);
	return length;
}

/*
 * A line has a path of up to 4095 bytes, in which some take four. The kernel gives some 4 KiB at
 * once.
 */
static void read_mappings(struct object *object, int maps)
{
	const size_t room = 32768;
	char *text = malloc(room);
	size_t left = 0;
	ssize_t length;

	while (text && (length = read(maps, text + left, room - left)) > 0)
		left = take_lines(object, text, left + (size_t)length);
	free(text);
}

static void scan_mappings(struct object *object)
{
	const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (maps < 0)
		return;
	if (!query_mappings(object, maps))
		read_mappings(object, maps);
	close(maps);
}

void scan_for(struct object *object)
{
	const int error = errno;

	scan_descriptors(take_descriptor, object);
	scan_mappings(object);
	errno = error;
}

/* A line begins with "lock:", behind those that tell what the open file is like. */
bool scan_finds_lock(int fd)
{
	char path[40];
	char text[1024];
	ssize_t length = -1;
	int information;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	information = open(path, O_RDONLY | O_CLOEXEC);
	if (information >= 0) {
		length = read(information, text, sizeof(text) - 1);
		close(information);
	}
	if (length < 0)
		return true;
	text[length] = '\0';
	return strstr(text, "\nlock:");
}
