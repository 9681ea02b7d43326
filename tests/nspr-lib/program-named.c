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

#define MANY 4000

static void name_of(char *name, size_t size, int number)
{
	snprintf(name, size, "/many/%d", number);
}

/* Opens all, and attaches every second one. Returns how many are open. */
static int open_many(PRSharedMemory **open, int **attached)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		name_of(name, sizeof(name), i);
		open[i] = PR_OpenSharedMemory(name, sizeof(i), PR_SHM_CREATE, 0600);
		if (!open[i])
			return i;
		attached[i] = i % 2 ? PR_AttachSharedMemory(open[i], 0) : NULL;
		if (attached[i])
			*attached[i] = i;
	}
	return MANY;
}

/* How many show what was written there: those that were attached, and are attached again. */
static int count_right(PRSharedMemory **open, int **attached)
{
	int right = 0;

	for (int i = 0; i < MANY; i++) {
		int *again = PR_AttachSharedMemory(open[i], 0);

		right += attached[i] && again && *again == i && *attached[i] == i;
		PR_DetachSharedMemory(open[i], again);
	}
	return right;
}

static int close_and_delete(PRSharedMemory **open, int **attached)
{
	char name[32];
	int done = 0;

	for (int i = 0; i < MANY; i++) {
		name_of(name, sizeof(name), i);
		if (attached[i])
			PR_DetachSharedMemory(open[i], attached[i]);
		done += PR_CloseSharedMemory(open[i]) == PR_SUCCESS &&
			PR_DeleteSharedMemory(name) == PR_SUCCESS;
	}
	return done;
}

int named_many(char **arguments)
{
	static PRSharedMemory *open[MANY];
	static int *attached[MANY];

	(void)arguments;
	if (!say("open", open_many(open, attached) == MANY))
		return EXIT_FAILURE;
	say_number("right", count_right(open, attached));
	say_number("closed and deleted", close_and_delete(open, attached));
	return EXIT_SUCCESS;
}
