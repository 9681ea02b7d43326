/* SPDX-License-Identifier: MIT */
/* A descriptor that writes, beside early ones that must stay as they are. */
#undef _FILE_OFFSET_BITS
#include "posix-lib/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client-lib/descriptor.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"

/* A line begins with "lock:", behind those that tell what the open file is like. */
bool writer_finds_lock(int fd)
{
	char path[40];
	char text[1024];
	ssize_t length = -1;
	int information;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	information = next()->open64(path, O_RDONLY | O_CLOEXEC);
	if (information >= 0) {
		length = read(information, text, sizeof(text) - 1);
		close(information);
	}
	if (length < 0)
		return true;
	text[length] = '\0';
	return strstr(text, "\nlock:");
}

/* The program may have closed the number, or given it to another file. */
int writer_kept(const struct object *object)
{
	const int writer = object->writer;

	if (writer < 0 || marks_get(writer) != MARK_OWN ||
		!descriptor_is(writer, (dev_t)object->device, (ino_t)object->inode))
		return -1;
	return writer;
}

/* Another thread may have been first. */
void writer_settle(struct object *object, int writer)
{
	const int kept = writer_kept(object);

	if (kept == writer)
		return;
	if (kept >= 0 || !object->is_early) {
		close(writer);
		return;
	}
	object->writer = writer;
	marks_set(writer, MARK_OWN);
}

void writer_release(struct object *object)
{
	const int writer = writer_kept(object);

	object->writer = -1;
	if (writer >= 0)
		close(writer);
}
