/* SPDX-License-Identifier: MIT */
/*
 * The shared memory objects that this process has, each with the descriptors and mappings that are
 * known. An object is one segment of the broker, and this process is one holder of it. What is not
 * known (dup(2), a descriptor from another process) is found when the last known one goes.
 *
 * Each function that returns an object gives a reference, for object_drop. Safe to use from several
 * threads. No lock is held while the broker is asked.
 */
#ifndef PRSHM_POSIX_OBJECTS_H
#define PRSHM_POSIX_OBJECTS_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "posix-lib/changes.h"

#define OBJECT_NAME_MAX 255 /* bytes of a name of shm_open */
#define OBJECT_PREFIX   "/dev/shm/"
#define OBJECT_FULL_MAX 1023 /* bytes of the name of a segment */

/*
 * What the broker told last: so while nothing changed since, and for the time in which it cannot be
 * asked.
 */
struct object_view {
	struct change_count since; /* no connection: ask each time */
	uint32_t uid, gid, mode;
	bool is_deleted;
};

/* A handle at the broker. connection: the number of the connection; 0: there is no handle. */
struct object_handle {
	uint64_t segment, connection;
	uint32_t number, access;
};

struct object {
	uint64_t device, inode; /* of the memory */
	struct object_handle broker;
	bool is_early, was_early; /* opened while the size was 0: the descriptors can only read */
	int writer;               /* of writer.h; -1: none */
	struct object_view view;
	unsigned int references;
	size_t descriptors, mappings;
	RB_ENTRY(object) in_all;
	char name[OBJECT_FULL_MAX + 1]; /* of the segment */
};

/* The object of that memory, or NULL. */
struct object *objects_find(uint64_t device, uint64_t inode);
/*
 * Adds an object like this one, with no reference. One of the same memory that is there wins. NULL:
 * no memory.
 */
struct object *objects_add(const struct object *like);
/* The one after that memory, in no order that means anything; NULL: the last. 0, 0: the first. */
struct object *objects_next(uint64_t device, uint64_t inode);
/*
 * Gives a reference back, and leaves errno as it is. Takes NULL. If nothing known is left: looks
 * for more, or tells the broker.
 */
void object_drop(struct object *object);

enum descriptor_kind {
	DESCRIPTOR_FOUND, /* nobody told how it was opened */
	DESCRIPTOR_AS_IS, /* it does what it was opened for */
	DESCRIPTOR_EARLY, /* to be replaced by one that can write, once there may be one */
};

/* A descriptor is known from now on. */
void objects_add_descriptor(struct object *object, int fd, enum descriptor_kind kind);
/* What is known of it; DESCRIPTOR_FOUND: nothing. */
enum descriptor_kind objects_kind_of(int fd);
/* It is no longer. The object, or NULL. */
struct object *objects_remove_descriptor(int fd);
/* Puts this descriptor, which it takes, in the place of the early ones, but see writer.h. */
void objects_install_writer(struct object *object, int writer);

/* The same for a mapping. */
void objects_add_mapping(struct object *object, const void *at, size_t size);
void objects_remove_mappings(const void *at, size_t size);
/* To remove them before a call that unmaps: after it, another thread may map something there. */
struct mapping *objects_detach_mappings(const void *at, size_t size);
void objects_drop_mappings(struct mapping *detached);
void objects_attach_mappings(struct mapping *detached); /* the call has failed */
/* The object that is mapped there, or NULL. */
struct object *objects_mapped_at(const void *at);

/* Gives the object a handle. True: *spare, on the same connection, is not needed now. */
bool object_take_handle(struct object *object, const struct object_handle *got, uint32_t *spare);
/* What the broker has told of the object, as one: other threads ask, too. */
void object_set_view(struct object *object, const struct object_view *view);
struct object_view object_get_view(const struct object *object);
/* Whether this is a child of vfork(2), which has its parent's memory, and must not change it. */
bool objects_are_borrowed(void);

#endif
