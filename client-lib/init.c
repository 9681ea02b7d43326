/* SPDX-License-Identifier: MIT */
/*
 * PR_Init and PR_Cleanup have nothing to start or to stop here. They only return what NSPR's
 * return.
 */
#include "prinit.h"

#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool initialized;

/* Not a pthread_t to compare with: when its thread has ended, another one may get the same. */
static _Thread_local bool is_primordial;

void PR_Init(PRThreadType type, PRThreadPriority priority, PRUintn max_ptds)
{
	(void)type;
	(void)priority;
	(void)max_ptds;
	if (!atomic_exchange(&initialized, true))
		is_primordial = true;
}

PRBool PR_Initialized(void)
{
	return atomic_load(&initialized) ? PR_TRUE : PR_FALSE;
}

PRStatus PR_Cleanup(void)
{
	if (!atomic_load(&initialized))
		return PR_SUCCESS;
	if (!is_primordial)
		return PR_FAILURE;
	is_primordial = false;
	atomic_store(&initialized, false);
	return PR_SUCCESS;
}
