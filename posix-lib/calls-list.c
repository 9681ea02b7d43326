/* SPDX-License-Identifier: MIT */
/*
 * opendir(3) and its kin. Of a directory in /dev/shm a program reads first what the file system
 * has: directories, semaphores, and all that is no regular file; and then the objects that the user
 * may see.
 */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "client-lib/guard.h"
#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/listing.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

/* telldir(3): from here on it is the number of an object. No file system counts as far. */
#define OBJECTS_FROM (1L << 62)

/* A directory stream with objects behind the entries of the file system. */
struct stream {
	DIR *directory;
	struct listing listing;
	bool at_objects;
	size_t position;
	struct dirent64 entry;
	LIST_ENTRY(stream) in_all;
};

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);
static atomic_size_t stream_count;

static void renew(bool broken)
{
	if (!broken)
		return;
	LIST_INIT(&streams);
	atomic_store(&stream_count, 0);
}

GUARD(guard, renew);

/* NULL: the stream is the file system's alone. */
static struct stream *find(DIR *directory)
{
	struct stream *stream;

	if (atomic_load_explicit(&stream_count, memory_order_relaxed) == 0)
		return NULL;
	guard_lock(&guard);
	LIST_FOREACH(stream, &streams, in_all) {
		if (stream->directory == directory)
			break;
	}
	guard_unlock(&guard);
	return stream;
}

static void stream_free(struct stream *stream)
{
	listing_deinit(&stream->listing);
	free(stream);
}

/* NULL with errno. */
static struct stream *stream_new(const char *full)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	const int error = stream ? listing_init(&stream->listing, full) : ENOMEM;

	if (error == 0)
		return stream;
	free(stream);
	errno = error;
	return NULL;
}

/* Takes the stream. directory: of the C library; NULL: it was not opened. */
static DIR *add(struct stream *stream, DIR *directory)
{
	const int error = errno;

	if (!directory) {
		stream_free(stream);
		errno = error;
		return NULL;
	}
	stream->directory = directory;
	guard_lock(&guard);
	LIST_INSERT_HEAD(&streams, stream, in_all);
	guard_unlock(&guard);
	atomic_fetch_add(&stream_count, 1);
	return directory;
}

EXPORT DIR *opendir(const char *path)
{
	char full[OBJECT_FULL_MAX + 1];
	struct wire_stated stated;
	struct stream *stream;

	if (!paths_follow(AT_FDCWD, path, full))
		return next()->opendir(path);
	if (paths_follow_object(AT_FDCWD, path, full) && ask_stat(full, &stated) == 0) {
		errno = ENOTDIR;
		return NULL;
	}
	stream = stream_new(full);
	return stream ? add(stream, next()->opendir(path)) : NULL;
}

EXPORT DIR *fdopendir(int fd)
{
	char full[OBJECT_FULL_MAX + 1];
	struct stream *stream;

	if (!paths_lead_here(fd, ".", full))
		return next()->fdopendir(fd);
	stream = stream_new(full);
	return stream ? add(stream, next()->fdopendir(fd)) : NULL;
}

static struct dirent64 *read_object(struct stream *stream)
{
	const struct listed *listed;

	if (stream->position == stream->listing.count)
		return NULL;
	listed = &stream->listing.all[stream->position++];
	stream->entry = (struct dirent64){
		.d_ino = listed->inode,
		.d_off = OBJECTS_FROM + (long)stream->position,
		.d_reclen = sizeof(stream->entry),
		.d_type = DT_REG,
	};
	strcpy(stream->entry.d_name, listed->name);
	return &stream->entry;
}

/*
 * A regular file is not the program's: to open it by its name means an object. NULL: the end, or
 * errno.
 */
static struct dirent64 *read_other(const struct stream *stream)
{
	struct dirent64 *entry;

	do
		entry = next()->readdir64(stream->directory);
	while (entry && entry->d_type == DT_REG &&
		!listing_is_semaphore(&stream->listing, entry->d_name));
	return entry;
}

EXPORT struct dirent64 *readdir64(DIR *directory)
{
	struct stream *stream = find(directory);
	const int error = errno;
	struct dirent64 *entry = NULL;

	if (!stream)
		return next()->readdir64(directory);
	errno = 0;
	if (!stream->at_objects)
		entry = read_other(stream);
	if (!entry && errno != 0)
		return NULL;
	errno = error;
	stream->at_objects = !entry;
	return entry ? entry : read_object(stream);
}

static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "a system of 64 bits");

EXPORT struct dirent *readdir(DIR *directory)
{
	return (struct dirent *)readdir64(directory);
}

static int read_copy(DIR *directory, struct dirent64 *entry, struct dirent64 **result)
{
	const int before = errno;
	const struct dirent64 *got;
	int error;

	errno = 0;
	got = readdir64(directory);
	error = errno;
	errno = before;
	*result = got ? entry : NULL;
	if (got)
		memcpy(entry, got, got->d_reclen);
	return error;
}

EXPORT int readdir64_r(DIR *directory, struct dirent64 *entry, struct dirent64 **result)
{
	return read_copy(directory, entry, result);
}

EXPORT int readdir_r(DIR *directory, struct dirent *entry, struct dirent **result)
{
	return read_copy(directory, (struct dirent64 *)entry, (struct dirent64 **)result);
}

EXPORT int closedir(DIR *directory)
{
	struct stream *stream = find(directory);

	if (stream) {
		guard_lock(&guard);
		LIST_REMOVE(stream, in_all);
		guard_unlock(&guard);
		atomic_fetch_sub(&stream_count, 1);
		stream_free(stream);
	}
	return next()->closedir(directory);
}

/* What was made since the directory was opened is there now; without a broker all is as it was. */
EXPORT void rewinddir(DIR *directory)
{
	struct stream *stream = find(directory);

	next()->rewinddir(directory);
	if (!stream)
		return;
	listing_renew(&stream->listing);
	stream->at_objects = false;
	stream->position = 0;
}

EXPORT long telldir(DIR *directory)
{
	const struct stream *stream = find(directory);

	return stream && stream->at_objects ? OBJECTS_FROM + (long)stream->position
					    : next()->telldir(directory);
}

EXPORT void seekdir(DIR *directory, long position)
{
	struct stream *stream = find(directory);

	if (!stream) {
		next()->seekdir(directory, position);
		return;
	}
	stream->at_objects = position >= OBJECTS_FROM;
	stream->position = stream->at_objects ? (size_t)(position - OBJECTS_FROM) : 0;
	if (stream->position > stream->listing.count)
		stream->position = stream->listing.count;
	if (!stream->at_objects)
		next()->seekdir(directory, position);
}
