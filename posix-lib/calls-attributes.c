/* SPDX-License-Identifier: MIT */
/*
 * getxattr(2), setxattr(2) and their kin. An object has one extended attribute: its access list
 * (acl(5)), if there are rights of named users or groups. What is not overridden here would reach
 * the memory itself: an access list that root sets there gives it another mode.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "posix-lib/access-list.h"
#include "posix-lib/ask.h"
#include "posix-lib/export.h"
#include "posix-lib/identify.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"
#include "wire/wire.h"

/* The object that a call is about. */
struct target {
	const char *name;
	uint64_t segment; /* that a descriptor is of; 0: the one that has the name */
	char renamed[OBJECT_FULL_MAX + 1];
};

static int fail(int error)
{
	errno = error;
	return -1;
}

static bool is_it(const struct target *target, int outcome, const struct rights *rights)
{
	return outcome == 0 && (target->segment == 0 || target->segment == rights->segment);
}

/* By the name that it had when it was opened, or by another one that it has now. */
static int ask_target(struct target *target, struct rights *rights)
{
	const int outcome = ask_rights(target->name, rights);

	if ((outcome != 0 && outcome != STATUS_NOT_FOUND) || target->segment == 0 ||
		is_it(target, outcome, rights) || !ask_name_of(target->segment, target->renamed))
		return outcome;
	target->name = target->renamed;
	return ask_rights(target->name, rights);
}

/* 0, or -1 with errno. An object that has lost its name has no list. */
static int find(struct target *target, struct rights *rights, bool *named)
{
	const int outcome = ask_target(target, rights);

	*named = is_it(target, outcome, rights);
	if (!*named)
		rights->count = 0;
	if (outcome == 0 || (target->segment != 0 && outcome == STATUS_NOT_FOUND))
		return 0;
	return fail(ask_errno(outcome));
}

static bool is_list(const char *attribute)
{
	return strcmp(attribute, ACCESS_LIST_NAME) == 0;
}

/* Size 0: tells how many bytes there are. */
static ssize_t give(const void *bytes, size_t count, void *out, size_t size)
{
	if (size > 0 && size < count)
		return fail(ERANGE);
	if (size > 0)
		memcpy(out, bytes, count);
	return (ssize_t)count;
}

/* The list, if that is the attribute and there is one: 0, or -1 with errno. */
static int find_list(struct target *target, const char *attribute, struct rights *rights)
{
	bool named;

	if (find(target, rights, &named) < 0)
		return -1;
	return is_list(attribute) && rights->count > 0 ? 0 : fail(ENODATA);
}

static ssize_t get(struct target *target, const char *attribute, void *value, size_t size)
{
	unsigned char bytes[ACCESS_LIST_MAX];
	struct rights rights;

	if (find_list(target, attribute, &rights) < 0)
		return -1;
	return give(bytes, access_list_write(&rights, bytes), value, size);
}

static ssize_t list_names(struct target *target, char *list, size_t size)
{
	struct rights rights;
	bool named;

	if (find(target, &rights, &named) < 0)
		return -1;
	return rights.count == 0 ? 0 : give(ACCESS_LIST_NAME, sizeof(ACCESS_LIST_NAME), list, size);
}

static int set(struct target *target, const char *attribute, const void *value, size_t size)
{
	struct rights rights;
	bool named;
	int error;

	if (find(target, &rights, &named) < 0)
		return -1;
	if (!is_list(attribute) || !named)
		return fail(ENOTSUP);
	error = access_list_read(value, size, &rights);
	return error ? fail(error) : ask_end_change(ask_set_rights(target->name, &rights));
}

static int remove_list(struct target *target, const char *attribute)
{
	struct rights rights;

	if (find_list(target, attribute, &rights) < 0)
		return -1;
	rights.count = 0;
	return ask_end_change(ask_set_rights(target->name, &rights));
}

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_name_object(AT_FDCWD, path, full)
		       ? get(&(struct target){.name = full}, name, value, size)
		       : next()->getxattr(path, name, value, size);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_object(AT_FDCWD, path, full)
		       ? get(&(struct target){.name = full}, name, value, size)
		       : next()->lgetxattr(path, name, value, size);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_name_object(AT_FDCWD, path, full)
		       ? list_names(&(struct target){.name = full}, list, size)
		       : next()->listxattr(path, list, size);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_object(AT_FDCWD, path, full)
		       ? list_names(&(struct target){.name = full}, list, size)
		       : next()->llistxattr(path, list, size);
}

EXPORT int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_name_object(AT_FDCWD, path, full)
		       ? set(&(struct target){.name = full}, name, value, size)
		       : next()->setxattr(path, name, value, size, flags);
}

EXPORT int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_object(AT_FDCWD, path, full)
		       ? set(&(struct target){.name = full}, name, value, size)
		       : next()->lsetxattr(path, name, value, size, flags);
}

EXPORT int removexattr(const char *path, const char *name)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_name_object(AT_FDCWD, path, full)
		       ? remove_list(&(struct target){.name = full}, name)
		       : next()->removexattr(path, name);
}

EXPORT int lremovexattr(const char *path, const char *name)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_object(AT_FDCWD, path, full)
		       ? remove_list(&(struct target){.name = full}, name)
		       : next()->lremovexattr(path, name);
}

/* By a descriptor. The object, for object_drop; NULL: the descriptor is foreign. */
static struct object *find_object(int fd, struct target *target)
{
	struct stat64 st;
	struct object *object = identify(fd, &st);

	if (object) {
		target->name = object->name;
		/* Without a handle nobody knows whether the name is the object's. */
		target->segment = object->broker.segment != 0 ? object->broker.segment : UINT64_MAX;
	}
	return object;
}

EXPORT ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	struct target target;
	struct object *object = find_object(fd, &target);
	const ssize_t result =
		object ? get(&target, name, value, size) : next()->fgetxattr(fd, name, value, size);

	object_drop(object);
	return result;
}

EXPORT ssize_t flistxattr(int fd, char *list, size_t size)
{
	struct target target;
	struct object *object = find_object(fd, &target);
	const ssize_t result =
		object ? list_names(&target, list, size) : next()->flistxattr(fd, list, size);

	object_drop(object);
	return result;
}

EXPORT int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	struct target target;
	struct object *object = find_object(fd, &target);
	const int result = object ? set(&target, name, value, size)
				  : next()->fsetxattr(fd, name, value, size, flags);

	object_drop(object);
	return result;
}

EXPORT int fremovexattr(int fd, const char *name)
{
	struct target target;
	struct object *object = find_object(fd, &target);
	const int result = object ? remove_list(&target, name) : next()->fremovexattr(fd, name);

	object_drop(object);
	return result;
}
