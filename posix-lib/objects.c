/* SPDX-License-Identifier: MIT */
/* The shared memory objects of this process. */
#include "posix-lib/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "client-lib/descriptor.h"
#include "client-lib/guard.h"
#include "posix-lib/mappings.h"
#include "posix-lib/marks.h"
#include "posix-lib/replace.h"
#include "posix-lib/scan.h"
#include "posix-lib/writer.h"

struct descriptor {
	int fd;
	enum descriptor_kind kind;
	struct object *object;
	RB_ENTRY(descriptor) in_all;
};

_Atomic unsigned char marks[MARKS_COUNT];
static pid_t owner; /* the process that the objects belong to */

static int compare_objects(const struct object *a, const struct object *b)
{
	if (a->device != b->device)
		return a->device > b->device ? 1 : -1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

static int compare_descriptors(const struct descriptor *a, const struct descriptor *b)
{
	return (a->fd > b->fd) - (a->fd < b->fd);
}

static RB_HEAD(all_objects, object) objects = RB_INITIALIZER(&objects);
static RB_HEAD(all_descriptors, descriptor) descriptors = RB_INITIALIZER(&descriptors);

RB_PROTOTYPE(all_objects, object, in_all, compare_objects)
RB_GENERATE(all_objects, object, in_all, compare_objects)
RB_PROTOTYPE(all_descriptors, descriptor, in_all, compare_descriptors)
RB_GENERATE(all_descriptors, descriptor, in_all, compare_descriptors)

/*
 * In a copy of the process: the handles are the original's. Broken trees are given up; then
 * descriptors and mappings go on as the kernel has them, and the process is no holder.
 */
static void renew(bool broken)
{
	struct object *object;

	owner = getpid();
	if (broken) {
		RB_INIT(&objects);
		RB_INIT(&descriptors);
		mappings_forget();
		for (int fd = 0; fd < MARKS_COUNT; fd++)
			marks_clear(fd);
		return;
	}
	RB_FOREACH(object, all_objects, &objects) {
		object->broker.connection = 0;
		object->references = 0; /* those who had them do not exist here */
	}
}

GUARD(guard, renew);

bool objects_are_borrowed(void)
{
	guard_notice_copy();
	return getpid() != owner;
}

static struct object *search(struct object *key, bool or_next)
{
	struct object *found;

	guard_lock(&guard);
	found = or_next ? RB_NFIND(all_objects, &objects, key)
			: RB_FIND(all_objects, &objects, key);
	if (found)
		found->references++;
	guard_unlock(&guard);
	return found;
}

struct object *objects_find(uint64_t device, uint64_t inode)
{
	return search(&(struct object){.device = device, .inode = inode}, false);
}

struct object *objects_next(uint64_t device, uint64_t inode)
{
	return search(&(struct object){.device = device, .inode = inode + 1}, true);
}

struct object *objects_add(const struct object *like)
{
	struct object *added = malloc(sizeof(*added));
	struct object *found;

	if (!added)
		return NULL;
	*added = *like;
	added->writer = -1;
	guard_lock(&guard);
	found = RB_INSERT(all_objects, &objects, added);
	if (!found)
		found = added;
	found->references++;
	guard_unlock(&guard);
	if (found != added)
		free(added);
	return found;
}

/* True: the object is not in the tree any more, and the caller's. */
static bool take_out(struct object *object)
{
	bool out;

	guard_lock(&guard);
	object->references--;
	out = object->references == 0 && object->descriptors == 0 && object->mappings == 0;
	if (out)
		RB_REMOVE(all_objects, &objects, object);
	guard_unlock(&guard);
	return out;
}

void object_drop(struct object *object)
{
	const int error = errno;
	bool last;

	if (!object)
		return;
	guard_lock(&guard);
	last = object->references == 1 && object->descriptors == 0 && object->mappings == 0;
	if (!last)
		object->references--;
	guard_unlock(&guard);
	if (!last)
		return;
	scan_for(object);
	if (take_out(object)) {
		writer_release(object);
		if (object->broker.connection != 0)
			connection_close_handle(object->broker.connection, object->broker.number);
		free(object);
	}
	errno = error;
}

/* Under the guard. */
static struct object *remove_descriptor(int fd)
{
	struct descriptor key = {.fd = fd};
	struct descriptor *found = RB_FIND(all_descriptors, &descriptors, &key);
	struct object *object = found ? found->object : NULL;

	if (!found)
		return NULL;
	RB_REMOVE(all_descriptors, &descriptors, found);
	marks_clear(fd);
	object->descriptors--;
	object->references++;
	free(found);
	return object;
}

struct object *objects_remove_descriptor(int fd)
{
	struct object *object;

	guard_lock(&guard);
	object = remove_descriptor(fd);
	guard_unlock(&guard);
	return object;
}

/* What had the number before was closed behind the library's back. */
void objects_add_descriptor(struct object *object, int fd, enum descriptor_kind kind)
{
	struct descriptor *added = malloc(sizeof(*added));
	struct object *before;

	if (!added)
		return;
	*added = (struct descriptor){.fd = fd, .kind = kind, .object = object};
	guard_lock(&guard);
	before = remove_descriptor(fd);
	RB_INSERT(all_descriptors, &descriptors, added);
	object->descriptors++;
	marks_set(fd, MARK_OBJECT);
	guard_unlock(&guard);
	object_drop(before);
}

void object_set_view(struct object *object, const struct object_view *view)
{
	guard_lock(&guard);
	object->view = *view;
	guard_unlock(&guard);
}

struct object_view object_get_view(const struct object *object)
{
	struct object_view view;

	guard_lock(&guard);
	view = object->view;
	guard_unlock(&guard);
	return view;
}

enum descriptor_kind objects_kind_of(int fd)
{
	struct descriptor key = {.fd = fd};
	const struct descriptor *found;
	enum descriptor_kind kind;

	guard_lock(&guard);
	found = RB_FIND(all_descriptors, &descriptors, &key);
	kind = found ? found->kind : DESCRIPTOR_FOUND;
	guard_unlock(&guard);
	return kind;
}

void objects_install_writer(struct object *object, int writer)
{
	struct descriptor *descriptor;

	guard_lock(&guard);
	object->is_early = false;
	RB_FOREACH(descriptor, all_descriptors, &descriptors) {
		if (descriptor->object != object || descriptor->kind != DESCRIPTOR_EARLY ||
			!descriptor_is(descriptor->fd, (dev_t)object->device, (ino_t)object->inode))
			continue;
		if (writer_must_stay_beside(object, descriptor->fd)) {
			object->is_early = true;
			continue;
		}
		replace_descriptor(descriptor->fd, writer);
		descriptor->kind = DESCRIPTOR_AS_IS;
	}
	writer_settle(object, writer);
	guard_unlock(&guard);
}

void objects_add_mapping(struct object *object, const void *at, size_t size)
{
	struct mapping *added = malloc(sizeof(*added));

	if (!added)
		return;
	objects_remove_mappings(at, size); /* one that was unmapped behind the library's back */
	*added = (struct mapping){.at = (uintptr_t)at, .size = size, .object = object};
	guard_lock(&guard);
	mappings_insert(added);
	guard_unlock(&guard);
}

/*
 * An allocator of the program may unmap while it holds its lock: allocate nothing for what is
 * foreign.
 */
static bool is_mapped(uintptr_t from, uintptr_t to)
{
	const struct mapping *found;
	bool mapped;

	guard_lock(&guard);
	found = mappings_after(from);
	mapped = found && found->at < to;
	guard_unlock(&guard);
	return mapped;
}

static void add_spare(struct mapping **spares)
{
	struct mapping *spare = malloc(sizeof(*spare));

	if (spare) {
		spare->next = *spares;
		*spares = spare;
	}
}

struct mapping *objects_detach_mappings(const void *at, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uintptr_t from = (uintptr_t)at;
	const uintptr_t to = (from + size + page - 1) / page * page;
	struct mapping *spares = NULL;
	struct mapping *detached = NULL;
	struct mapping *mapping;

	if (from >= to || !mappings_are_any() || !is_mapped(from, to))
		return NULL;
	add_spare(&spares);
	add_spare(&spares);
	guard_lock(&guard);
	while ((mapping = mappings_cut(from, to, &spares))) {
		mapping->object->references++;
		mapping->next = detached;
		detached = mapping;
	}
	guard_unlock(&guard);
	while ((mapping = spares)) {
		spares = mapping->next;
		free(mapping);
	}
	return detached;
}

void objects_attach_mappings(struct mapping *detached)
{
	guard_lock(&guard);
	for (struct mapping *next; detached; detached = next) {
		next = detached->next;
		mappings_insert(detached);
		detached->object->references--;
	}
	guard_unlock(&guard);
}

void objects_drop_mappings(struct mapping *detached)
{
	for (struct mapping *next; detached; detached = next) {
		next = detached->next;
		object_drop(detached->object);
		free(detached);
	}
}

void objects_remove_mappings(const void *at, size_t size)
{
	objects_drop_mappings(objects_detach_mappings(at, size));
}

struct object *objects_mapped_at(const void *at)
{
	struct mapping *found;
	struct object *object = NULL;

	if (!mappings_are_any())
		return NULL;
	guard_lock(&guard);
	found = mappings_after((uintptr_t)at);
	if (found && found->at <= (uintptr_t)at) {
		object = found->object;
		object->references++;
	}
	guard_unlock(&guard);
	return object;
}

/* What a handle is good for: writing comes first, then sizing before the size is fixed. */
static uint32_t worth(uint32_t access)
{
	return (access & WIRE_WRITE ? 4U : 0U) | (access & WIRE_FILL ? 2U : 0U) |
	       (access & WIRE_READ ? 1U : 0U);
}

bool object_take_handle(struct object *object, const struct object_handle *got, uint32_t *spare)
{
	bool is_spare;

	guard_lock(&guard);
	is_spare = object->broker.connection == got->connection;
	*spare = got->number;
	if (!is_spare || worth(got->access) > worth(object->broker.access)) {
		*spare = object->broker.number;
		object->broker = *got;
	}
	guard_unlock(&guard);
	return is_spare;
}
