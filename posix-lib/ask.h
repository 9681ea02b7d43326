/* SPDX-License-Identifier: MIT */
/*
 * What the library asks the broker. Outcomes are those of connection_call; ask_errno makes an errno
 * of one.
 */
#ifndef PRSHM_POSIX_ASK_H
#define PRSHM_POSIX_ASK_H

#include "posix-lib/objects.h"
#include "wire/wire.h"

/*
 * Opens by name. 0: the caller owns *fd, and has a reference to *out, which is NULL in a child of
 * vfork(2). flags: enum wire_open_flag.
 */
int ask_open(const char *name, uint32_t flags, uint32_t mode, struct object **out, int *fd);
int ask_unlink(const char *name);
/* flags: enum wire_rename_flag. */
int ask_rename(const char *from, const char *to, uint32_t flags);
int ask_stat(const char *name, struct wire_stated *stated);
/*
 * Calls function with each object that lies in this directory or below it, until function returns
 * false. -ENOMEM: it did.
 */
int ask_list(const char *directory,
	bool (*function)(void *data, const char *name, const struct wire_stated *stated),
	void *data);
/* The name that an object has now, after it was renamed. False: none that this user may see. */
bool ask_name_of(uint64_t segment, char name[OBJECT_FULL_MAX + 1]);
/* What this process's user may have at most, and what is left of that. */
struct room {
	uint64_t bytes, bytes_free, segments, segments_free;
};
int ask_room(struct room *room);
/* Makes this process a holder, if it is none. */
int ask_hold(struct object *object);
/*
 * SIZE with these flags. Tells what the segment is like, and remembers that. With WRITER, *writer
 * is a descriptor that the caller owns, or -1.
 */
int ask_size(struct object *object, uint64_t size, uint32_t flags, struct wire_stated *stated,
	int *writer);
/* CHANGE; UINT32_MAX: no change. */
int ask_change(struct object *object, uint32_t mode, uint32_t uid, uint32_t gid);
/* Who may what, by a name. */
struct rights {
	uint64_t segment;
	uint32_t mode, count;
	uint8_t entries[WIRE_ENTRIES_MAX * WIRE_SIZE_entry]; /* for wire_get_right */
};
int ask_rights(const char *name, struct rights *rights);
/* Whether this process's user has that right, of enum wire_access. False, too: nobody knows. */
bool ask_allowed(const char *name, uint32_t right);
int ask_set_rights(const char *name, const struct rights *rights);
int ask_set_owner(const char *name, uint32_t uid, uint32_t gid);
/* Has the early descriptors replaced, if the size is fixed by now. */
void ask_writer(struct object *object);

int ask_errno(int outcome);
/* Of a change: what the call returns, with errno. POSIX: who may not gets EPERM. */
int ask_end_change(int outcome);

#endif
