/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn(3): the C library opens files inside itself, in the child. So an object is opened
 * when the action is added, and the child gets a copy.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "client-lib/guard.h"
#include "posix-lib/calls-open.h"
#include "posix-lib/export.h"
#include "posix-lib/next.h"
#include "posix-lib/paths.h"

/* The number from which on they are: low ones may be those of actions before. */
#define OPENED_LOWEST 500

struct opened {
	const posix_spawn_file_actions_t *actions;
	int fd;
	LIST_ENTRY(opened) in_all;
};

static LIST_HEAD(, opened) all = LIST_HEAD_INITIALIZER(all);

static void renew(bool broken)
{
	if (broken)
		LIST_INIT(&all);
}

GUARD(guard, renew);

/* A descriptor, or -1 with errno. */
static int open_high(const char *full, int flags, mode_t mode)
{
	const int fd = open_object(full, flags | O_CLOEXEC, mode);
	const int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, OPENED_LOWEST) : -1;

	if (high < 0)
		return fd;
	close_segment(fd);
	return high;
}

/* 0 or an errno. */
static int add_object(
	posix_spawn_file_actions_t *actions, int fd, const char *full, int flags, mode_t mode)
{
	struct opened *added = malloc(sizeof(*added));
	int error;

	if (!added)
		return ENOMEM;
	*added = (struct opened){.actions = actions, .fd = open_high(full, flags, mode)};
	error = added->fd < 0 ? errno : posix_spawn_file_actions_adddup2(actions, added->fd, fd);
	if (error) {
		if (added->fd >= 0)
			close_segment(added->fd);
		free(added);
		return error;
	}
	guard_lock(&guard);
	LIST_INSERT_HEAD(&all, added, in_all);
	guard_unlock(&guard);
	return 0;
}

EXPORT int posix_spawn_file_actions_addopen(
	posix_spawn_file_actions_t *actions, int fd, const char *path, int flags, mode_t mode)
{
	char full[OBJECT_FULL_MAX + 1];

	return paths_follow_object(AT_FDCWD, path, full)
		       ? add_object(actions, fd, full, flags, mode)
		       : next()->posix_spawn_file_actions_addopen(actions, fd, path, flags, mode);
}

/* One that was opened for these actions, which the caller frees; NULL: there is none. */
static struct opened *take(const posix_spawn_file_actions_t *actions)
{
	struct opened *found;

	guard_lock(&guard);
	LIST_FOREACH(found, &all, in_all) {
		if (found->actions == actions)
			break;
	}
	if (found)
		LIST_REMOVE(found, in_all);
	guard_unlock(&guard);
	return found;
}

EXPORT int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
	struct opened *opened;

	while ((opened = take(actions))) {
		close_segment(opened->fd);
		free(opened);
	}
	return next()->posix_spawn_file_actions_destroy(actions);
}
