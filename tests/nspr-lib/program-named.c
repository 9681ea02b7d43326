/* SPDX-License-Identifier: MIT */
/* Named memory: one process writes, another reads, a third deletes. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>

int named_write(char **arguments)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(arguments[0], MAP_SIZE, PR_SHM_CREATE, 0600);
	char *memory = shm ? PR_AttachSharedMemory(shm, 0) : NULL;

	if (!say("write", memory != NULL))
		return EXIT_FAILURE;
	snprintf(memory, MAP_SIZE, "%s", arguments[1]);
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
	return EXIT_SUCCESS;
}

int named_read(char **arguments)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(arguments[0], 0, 0, 0600);
	char *memory = shm ? PR_AttachSharedMemory(shm, PR_SHM_READONLY) : NULL;

	if (!memory)
		return !say("read", 0);
	say_text("read", memory);
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
	return EXIT_SUCCESS;
}

int named_delete(char **arguments)
{
	return !say("delete", PR_DeleteSharedMemory(arguments[0]) == PR_SUCCESS);
}
