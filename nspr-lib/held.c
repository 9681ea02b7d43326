/* SPDX-License-Identifier: MIT */
/* The anonymous memory of this process, by the numbers of its descriptors. */
#include "nspr-lib/held.h"

#include <bsd/sys/tree.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client-lib/failure.h"
#include "client-lib/filemap-memory.h"
#include "client-lib/guard.h"
#include "nspr-lib/entry.h"

struct held {
	struct memory memory;
	RB_ENTRY(held) in_all; /* the tree all */
};

static int compare(const struct held *a, const struct held *b)
{
	int fd = a->memory.reference.fd;
	int other = b->memory.reference.fd;

	return (fd > other) - (fd < other);
}

static RB_HEAD(helds, held) all = RB_INITIALIZER(&all);

RB_PROTOTYPE(helds, held, in_all, compare)
RB_GENERATE(helds, held, in_all, compare)

/*
 * After a fork in the middle of a change: forget the tree. NSPR keeps the maps, but none can be
 * exported.
 */
static void renew(bool broken)
{
	if (broken)
		RB_INIT(&all);
}

GUARD(guard, renew); /* never held during a call to the broker */

/*
 * Also NULL: the program has closed the descriptor itself, and the number may be another file's by
 * now.
 */
static struct held *find_current(int fd)
{
	struct held key = {.memory.reference.fd = fd};
	struct held *held = RB_FIND(helds, &all, &key);
	uint64_t size;

	return held && memory_check(&held->memory.reference, &size) == 0 ? held : NULL;
}

/* The new map's descriptor is open. Whatever else is known by the same number is out of date. */
static struct held *replace(struct held *held)
{
	struct held *old = RB_FIND(helds, &all, held);

	if (old)
		RB_REMOVE(helds, &all, old);
	RB_INSERT(helds, &all, held);
	return old;
}

static void forget(struct held *held)
{
	if (held)
		memory_forget(&held->memory);
	free(held);
}

static void add(struct held *held)
{
	struct held *old;

	guard_lock(&guard);
	old = replace(held);
	guard_unlock(&guard);
	forget(old);
}

int held_make(size_t size, int prot, int *fd)
{
	struct held *held = calloc(1, sizeof(*held));
	int outcome = held ? memory_make(size, (PRFileMapProtect)prot, &held->memory) : -ENOMEM;

	if (outcome != 0) {
		free(held);
		return outcome;
	}
	*fd = held->memory.reference.fd;
	add(held);
	return 0;
}

static int redeem(const struct reference *reference, int *fd)
{
	struct held *held = calloc(1, sizeof(*held));
	int outcome = held ? memory_redeem(reference, &held->memory) : -ENOMEM;

	if (outcome != 0) {
		free(held);
		return outcome;
	}
	*fd = held->memory.reference.fd;
	add(held);
	return 0;
}

/*
 * The map takes the inherited descriptor. If another map has the descriptor already, make a copy.
 */
static int take_fd(int fd)
{
	int taken = fd;

	if (find_current(fd))
		taken = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		taken = -1;
	return taken < 0 ? -errno : taken;
}

static int adopt(const struct reference *reference, int *fd)
{
	struct held *held = calloc(1, sizeof(*held));
	struct held *old = NULL;
	int outcome;

	if (!held)
		return -ENOMEM;
	held->memory.reference = *reference;
	guard_lock(&guard);
	outcome = memory_check(reference, &held->memory.size);
	if (outcome == 0) {
		held->memory.reference.fd = take_fd(reference->fd);
		outcome = PR_MIN(held->memory.reference.fd, 0);
	}
	if (outcome == 0)
		old = replace(held);
	guard_unlock(&guard);
	forget(old);
	if (outcome != 0) {
		free(held);
		return outcome;
	}
	*fd = held->memory.reference.fd;
	memory_count(&held->memory);
	return 0;
}

int held_import(const char *string, int *fd, int *prot)
{
	struct reference reference;
	int outcome;

	if (!filemap_string_read(string, &reference))
		return -EINVAL;
	outcome = adopt(&reference, fd);
	if (outcome == STATUS_NOT_FOUND)
		outcome = redeem(&reference, fd);
	*prot = (int)reference.protection;
	return outcome;
}

int held_inherit(const char *inherited, const char *name, int *fd, int *prot)
{
	char string[FILEMAP_STRING_SIZE];
	struct reference reference;

	if (!entry_find(inherited, name, string) || !filemap_string_read(string, &reference))
		return STATUS_NOT_FOUND;
	*prot = (int)reference.protection;
	return redeem(&reference, fd);
}

bool held_string(int fd, char string[HELD_STRING_SIZE])
{
	const struct held *held;

	guard_lock(&guard);
	held = find_current(fd);
	if (held)
		filemap_string_write(&held->memory.reference, string);
	guard_unlock(&guard);
	return held != NULL;
}

bool held_entry(int fd, const char *name, char entry[HELD_ENTRY_SIZE])
{
	char string[HELD_STRING_SIZE];

	if (!held_string(fd, string))
		return false;
	entry_write(name, string, entry);
	return true;
}

struct held *held_begin_close(int fd, bool *is_open)
{
	struct held key = {.memory.reference.fd = fd};
	struct held *held;

	guard_lock(&guard);
	*is_open = find_current(fd) != NULL;
	held = RB_FIND(helds, &all, &key);
	if (held)
		RB_REMOVE(helds, &all, held);
	return held;
}

void held_end_close(struct held *held)
{
	guard_unlock(&guard);
	forget(held);
}

void held_fail(int outcome)
{
	failure_set(outcome);
}
