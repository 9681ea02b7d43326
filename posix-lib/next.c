/* SPDX-License-Identifier: MIT */
/* Finds the calls of the next library. */
#include "posix-lib/next.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>

static struct next found;
static atomic_bool is_found;

/*
 * Two threads may do this at once, and then write the same. A pointer to an object cannot be
 * converted to one to a function in ISO C, but stored as one, dlsym(3).
 */
static void find(void)
{
#define X(type, name, parameters) *(void **)&found.name = dlsym(RTLD_NEXT, #name);
	NEXT_CALLS(X)
#undef X
	atomic_store(&is_found, true);
}

const struct next *next(void)
{
	if (!atomic_load_explicit(&is_found, memory_order_acquire))
		find();
	return &found;
}

/* Before any thread: later, a signal handler must not be the first. */
__attribute__((constructor(101))) static void find_early(void)
{
	next();
}
