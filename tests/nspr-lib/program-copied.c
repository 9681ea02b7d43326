/* SPDX-License-Identifier: MIT */
/* Copies of the process that no handler of pthread_atfork(3) sees: clone(2). */
#include "program.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 30

static bool write_to(const char *name, const char *content)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);
	char *memory = shm ? PR_AttachSharedMemory(shm, 0) : NULL;

	if (memory)
		strcpy(memory, content);
	return memory;
}

static bool reads(const char *name, const char *content)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, 0, 0);
	char *memory = shm ? PR_AttachSharedMemory(shm, 0) : NULL;
	const bool right = memory && strcmp(memory, content) == 0;

	if (memory)
		PR_DetachSharedMemory(shm, memory);
	if (shm)
		PR_CloseSharedMemory(shm);
	return right;
}

/* What the copy does: its own segment, the map of the original, and a map of its own. */
static bool use_all(PRFileMap *map, char *memory)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *own = PR_OpenAnonFileMap("/", MAP_SIZE, PR_PROT_READWRITE);
	PRFileMap *again = NULL;

	if (PR_ExportFileMapAsString(map, sizeof(string), string) == PR_SUCCESS)
		again = PR_ImportFileMapFromString(string);
	memory[0]++;
	return own && again && reads("/copied/child", "of the child") &&
	       PR_CloseFileMap(again) == PR_SUCCESS && PR_CloseFileMap(own) == PR_SUCCESS;
}

int copied(char **arguments)
{
	PRFileMap *map = open_map(PR_PROT_READWRITE);
	char *memory = map_all(map);
	int right = 0;

	(void)arguments;
	if (!memory || !write_to("/copied/child", "of the child") ||
		!write_to("/copied/parent", "of the parent"))
		return EXIT_FAILURE;
	fflush(stdout);
	for (int i = 0; i < TIMES; i++) {
		const pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		int status;
		bool own;

		if (child == 0)
			_exit(use_all(map, memory) ? 0 : 1);
		own = reads("/copied/parent", "of the parent");
		right += waitpid(child, &status, 0) == child && status == 0 && own;
	}
	say_number("each got its own", right);
	say_number("the copies wrote", memory[0]);
	say("close", PR_CloseFileMap(map) == PR_SUCCESS);
	return PR_DeleteSharedMemory("/copied/child") == PR_SUCCESS &&
			       PR_DeleteSharedMemory("/copied/parent") == PR_SUCCESS
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
