/* SPDX-License-Identifier: MIT */
/*
 * The child's side of the first protocol. Inherited descriptors are made CLOEXEC before main, so
 * that a grandchild gets only what the child hands on.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "client-lib/failure.h"
#include "client-lib/guard.h"
#include "client-lib/inherit.h"
#include "include/prshma.h"

static struct named_maps inherited = TAILQ_HEAD_INITIALIZER(inherited);

static void renew(bool broken)
{
	if (broken)
		TAILQ_INIT(&inherited);
}

GUARD(guard, renew);

/* A directory's links are itself, its name, and its directories: one a thread. */
static bool is_single_threaded(void)
{
	struct stat tasks;

	return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

/*
 * Removes the variable unless there are threads already (the library was loaded late): unsetenv(3)
 * races with getenv(3) of another thread. PR_CreateProcess leaves the variable out in any case.
 */
__attribute__((constructor)) static void take_inherited(void)
{
	const char *value = secure_getenv(INHERIT_VARIABLE);

	if (!value)
		return;
	inherit_read(value, &inherited);
	if (is_single_threaded())
		unsetenv(INHERIT_VARIABLE);
}

PRFileMap *PR_GetInheritedFileMap(const char *name)
{
	PRFileMap *map;

	if (!name) {
		failure_set(-EINVAL);
		return NULL;
	}
	guard_lock(&guard);
	map = inherit_take(&inherited, name);
	guard_unlock(&guard);
	if (map)
		memory_count(&map->memory);
	else
		failure_set(STATUS_NOT_FOUND);
	return map;
}
