/* SPDX-License-Identifier: MIT */
/* mmap(2), munmap(2), mremap(2): a mapping holds an object, too. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "wire/wire.h"

struct wanted {
	void *at;
	size_t size;
	int prot, flags, fd;
	off64_t offset;
};

static void *map(const struct wanted *wanted, int fd)
{
	return next()->mmap64(
		wanted->at, wanted->size, wanted->prot, wanted->flags, fd, wanted->offset);
}

/*
 * By a descriptor of its own: that of the program is early, or a copy of an early one that nobody
 * told the library of.
 */
static void *map_by_writer(struct object *object, const struct wanted *wanted)
{
	struct wire_stated stated;
	void *mapped;
	int writer;

	errno = EACCES;
	if (!object->was_early || objects_kind_of(wanted->fd) == DESCRIPTOR_AS_IS ||
		!(object->broker.access & WIRE_WRITE) ||
		ask_size(object, 0, WIRE_SIZE_WRITER, &stated, &writer) != 0 || writer < 0) {
		errno = EACCES;
		return MAP_FAILED;
	}
	mapped = map(wanted, writer);
	objects_install_writer(object, writer);
	return mapped;
}

/* Of an object, or of what may be one. */
static void *map_object(const struct wanted *wanted)
{
	const int before = errno;
	struct stat64 st;
	struct object *object = identify(wanted->fd, &st);
	void *mapped;

	if (object && object->is_early)
		ask_writer(object);
	mapped = map(wanted, wanted->fd);
	if (mapped == MAP_FAILED && errno == EACCES && object)
		mapped = map_by_writer(object, wanted);
	if (mapped != MAP_FAILED && object)
		objects_add_mapping(object, mapped, wanted->size);
	if (mapped != MAP_FAILED)
		errno = before;
	object_drop(object);
	return mapped;
}

static void *map_any(const struct wanted *wanted)
{
	const int fd = wanted->fd;
	void *mapped;

	if (fd >= 0 && !(wanted->flags & MAP_ANONYMOUS) && marks_get(fd) == MARK_OBJECT)
		return map_object(wanted);
	mapped = map(wanted, fd);
	if (mapped == MAP_FAILED && errno == EACCES && fd >= 0)
		return map_object(wanted);
	if ((wanted->flags & MAP_FIXED) && mapped != MAP_FAILED)
		objects_remove_mappings(mapped, wanted->size);
	return mapped;
}

EXPORT void *mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset)
{
	return map_any(&(struct wanted){at, size, prot, flags, fd, offset});
}

EXPORT void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return map_any(&(struct wanted){at, size, prot, flags, fd, offset});
}

static void finish(struct mapping *detached, bool unmapped)
{
	if (unmapped)
		objects_drop_mappings(detached);
	else
		objects_attach_mappings(detached);
}

EXPORT int munmap(void *at, size_t size)
{
	struct mapping *detached = objects_detach_mappings(at, size);
	const int result = next()->munmap(at, size);

	if (detached)
		finish(detached, result == 0);
	return result;
}

EXPORT void *mremap(void *at, size_t size, size_t wanted, int flags, ...)
{
	struct object *object = objects_mapped_at(at);
	/* of size 0: a second mapping */
	struct mapping *detached = size > 0 ? objects_detach_mappings(at, size) : NULL;
	void *to = NULL;
	void *mapped;

	if (flags & MREMAP_FIXED) {
		va_list arguments;

		va_start(arguments, flags);
		to = va_arg(arguments, void *);
		va_end(arguments);
	}
	mapped = next()->mremap(at, size, wanted, flags, to);
	if (detached)
		finish(detached, mapped != MAP_FAILED);
	if (mapped != MAP_FAILED && to)
		objects_remove_mappings(to, wanted);
	if (mapped != MAP_FAILED && object)
		objects_add_mapping(object, mapped, wanted);
	object_drop(object);
	return mapped;
}
