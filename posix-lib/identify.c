/* SPDX-License-Identifier: MIT */
/*
 * The memory of a segment is a memfd. No file system has its name, so it has no link, and in
 * /proc/self/fd it is called by the segment. So a program that was started by exec(3), or that has
 * got a descriptor by SCM_RIGHTS, needs nothing else.
 */
#include "posix-lib/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/scan.h"

#define END       " (deleted)"
#define LABEL_MAX 249 /* bytes of a name that memfd_create(2) takes */

/* The kernel cuts a very long name. */
bool identify_label(const char *link, char name[OBJECT_FULL_MAX + 1])
{
	char label[sizeof("/memfd:") + LABEL_MAX + sizeof(END)];
	ssize_t length;

	length = next()->readlink(link, label, sizeof(label) - 1);
	if (length < (ssize_t)(sizeof(OBJECT_LABEL) + sizeof(END) - 1) ||
		memcmp(label, OBJECT_LABEL, sizeof(OBJECT_LABEL) - 1) != 0)
		return false;
	length -= (ssize_t)(sizeof(OBJECT_LABEL) - sizeof(OBJECT_PREFIX) + sizeof(END) - 1);
	memcpy(name, label + sizeof(OBJECT_LABEL) - sizeof(OBJECT_PREFIX), (size_t)length);
	name[length] = '\0';
	return true;
}

static bool read_name(int fd, char name[OBJECT_FULL_MAX + 1])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return identify_label(path, name);
}

static struct object *adopt(int fd, const struct stat64 *st)
{
	struct object like = {.device = st->st_dev,
		.inode = st->st_ino,
		.is_early = st->st_size == 0,
		.was_early = st->st_size == 0};
	struct object *object;

	if (!read_name(fd, like.name))
		return NULL;
	object = objects_add(&like);
	if (object)
		ask_hold(object);
	return object;
}

struct object *identify_stat(int fd, const struct stat64 *st)
{
	const int error = errno;
	struct object *object;

	if (!S_ISREG(st->st_mode) || st->st_nlink != 0 || objects_are_borrowed())
		return NULL;
	object = objects_find(st->st_dev, st->st_ino);
	if (!object)
		object = adopt(fd, st);
	if (object && marks_get(fd) != MARK_OBJECT)
		objects_add_descriptor(object, fd, DESCRIPTOR_FOUND);
	errno = error;
	return object;
}

struct object *identify(int fd, struct stat64 *st)
{
	if (next()->fstat64(fd, st) == 0)
		return identify_stat(fd, st);
	st->st_mode = 0;
	return NULL;
}

static void take_inherited(void *data, int fd)
{
	struct stat64 st;

	(void)data;
	object_drop(identify(fd, &st));
}

/* What exec(3) has left open. After the constructors of the parts below. */
__attribute__((constructor)) static void take_all_inherited(void)
{
	scan_descriptors(take_inherited, NULL);
}
