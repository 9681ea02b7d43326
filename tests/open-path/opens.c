/* SPDX-License-Identifier: MIT */
/* Opens, attaches, detaches and closes one segment so many times: opens NAME COUNT. */
#include <stdio.h>
#include <stdlib.h>

#include "nspr.h"

#define BYTES 65536

static int fail(const char *what)
{
	fprintf(stderr, "opens: cannot %s: %s\n", what, PR_ErrorToString(PR_GetError(), 0));
	return 1;
}

int main(int argc, char **argv)
{
	const unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	PRSharedMemory *shm = PR_OpenSharedMemory(argv[1], BYTES, PR_SHM_CREATE, 0600);

	if (!shm || PR_CloseSharedMemory(shm) != PR_SUCCESS)
		return fail("create");
	for (unsigned long i = 0; i < count; i++) {
		void *address;

		shm = PR_OpenSharedMemory(argv[1], BYTES, 0, 0);
		address = shm ? PR_AttachSharedMemory(shm, 0) : NULL;
		if (!address || PR_DetachSharedMemory(shm, address) != PR_SUCCESS ||
			PR_CloseSharedMemory(shm) != PR_SUCCESS)
			return fail("use it");
	}
	return 0;
}
