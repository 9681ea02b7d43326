/* SPDX-License-Identifier: MIT */
/*
 * A child's side of the first protocol. What was inherited is taken before main: from then on it is
 * CLOEXEC, so that no grandchild gets it that was not meant to.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/single_threaded.h>

#include "client-lib/failure.h"
#include "client-lib/inherit.h"
#include "include/prshma.h"

static struct named_maps inherited = TAILQ_HEAD_INITIALIZER(inherited);

/*
 * The variable goes where that cannot hurt: unsetenv(3) under another thread's getenv(3) could, if
 * the library was loaded late. What is left of it, PR_CreateProcess takes out.
 */
__attribute__((constructor)) static void take_inherited(void)
{
	const char *value = secure_getenv(INHERIT_VARIABLE);

	if (!value)
		return;
	inherit_read(value, &inherited);
	if (__libc_single_threaded)
		unsetenv(INHERIT_VARIABLE);
}

PRFileMap *PR_GetInheritedFileMap(const char *name)
{
	PRFileMap *map;

	if (!name) {
		failure_set(-EINVAL);
		return NULL;
	}
	filemaps_lock();
	map = inherit_take(&inherited, name);
	filemaps_unlock();
	if (map)
		memory_count(&map->memory);
	else
		failure_set(STATUS_NOT_FOUND);
	return map;
}
