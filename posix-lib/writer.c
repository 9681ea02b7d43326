/* SPDX-License-Identifier: MIT */
/* A descriptor that writes, beside early ones that must stay as they are. */
#undef _FILE_OFFSET_BITS
#include "posix-lib/writer.h"

#include <unistd.h>

#include "client-lib/descriptor.h"
#include "posix-lib/marks.h"
#include "posix-lib/scan.h"

/* The program may have closed the number, or given it to another file. */
int writer_kept(const struct object *object)
{
	const int writer = object->writer;

	if (writer < 0 || marks_get(writer) != MARK_OWN ||
		!descriptor_is(writer, (dev_t)object->device, (ino_t)object->inode))
		return -1;
	return writer;
}

/* With a lock by the one that is kept, the close of any other would end that. */
bool writer_must_stay_beside(const struct object *object, int fd)
{
	const int kept = writer_kept(object);

	return scan_finds_lock(fd) || (kept >= 0 && scan_finds_lock(kept));
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
