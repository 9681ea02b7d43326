/* SPDX-License-Identifier: MIT */
/*
 * Opens, attaches, detaches and closes one segment so many times: opens NAME COUNT. With a third
 * argument, it is made each time, and deleted.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "nspr.h"

#define BYTES 65536

static int fail(const char *what)
{
	fprintf(stderr, "opens: cannot %s: %s\n", what, PR_ErrorToString(PR_GetError(), 0));
	return 1;
}

static bool use(const char *name, bool makes)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, BYTES, makes ? PR_SHM_CREATE : 0, 0600);
	void *address = shm ? PR_AttachSharedMemory(shm, 0) : NULL;

	return address && PR_DetachSharedMemory(shm, address) == PR_SUCCESS &&
	       PR_CloseSharedMemory(shm) == PR_SUCCESS &&
	       (!makes || PR_DeleteSharedMemory(name) == PR_SUCCESS);
}

int main(int argc, char **argv)
{
	const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const bool makes = argc > 3;
	PRSharedMemory *shm =
		makes ? NULL : PR_OpenSharedMemory(argv[1], BYTES, PR_SHM_CREATE, 0600);

	if (!makes && (!shm || PR_CloseSharedMemory(shm) != PR_SUCCESS))
		return fail("create");
	for (unsigned long i = 0; i < count; i++) {
		if (!use(argv[1], makes))
			return fail("use it");
	}
	return 0;
}
