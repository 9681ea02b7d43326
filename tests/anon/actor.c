/* SPDX-License-Identifier: MIT */
/*
 * The other process of a test. Each command exits with 0 if all went as it was told, 1 if the
 * memory held something else, ANON_FAILED(error) if a PR_* call failed, and 2 if it did not
 * understand.
 *
 *	actor get NAME OLD NEW ...      each map inherited by that name begins with the byte OLD;
 *	                                write NEW
 *	actor import STRING OLD NEW     the same, with a string
 *	actor relay NAME OTHER OLD NEW  pass it to a grandchild, which does: get OTHER OLD NEW
 *	actor list NAME FILE            get it, keep it, and have a lister list what a child of
 *	                                fork gets
 *	actor lose NAME                 get it twice: the second time must fail
 *	actor clean                     PRSHM_INHERITED is not in the environment
 *	actor hold get NAME             say so on standard output; wait for the end of input
 *	actor hold import STRING        the same, with a string
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"

static int failed(void)
{
	return (int)(100 + PR_GetError() - PR_NSPR_ERROR_BASE);
}

static int exchange(PRFileMap *map, const char *old, const char *new)
{
	char *memory = map ? PR_MemMap(map, 0, 1) : NULL;
	int status;

	if (!memory)
		return failed();
	status = memory[0] == old[0] ? 0 : 1;
	memory[0] = new[0];
	if (PR_MemUnmap(memory, 1) != PR_SUCCESS || PR_CloseFileMap(map) != PR_SUCCESS)
		return failed();
	return status;
}

static int get(char **arguments)
{
	int status = 0;

	for (; status == 0 && arguments[0]; arguments += 3)
		status = exchange(PR_GetInheritedFileMap(arguments[0]), arguments[1], arguments[2]);
	return status;
}

static int import(char **arguments)
{
	return exchange(PR_ImportFileMapFromString(arguments[0]), arguments[1], arguments[2]);
}

static int relay(char *self, char **arguments)
{
	char *child[] = {self, (char *)"get", arguments[1], arguments[2], arguments[3], NULL};
	PRFileMap *map = PR_GetInheritedFileMap(arguments[0]);
	PRProcessAttr *attr = PR_NewProcessAttr();
	PRProcess *process;
	PRInt32 code;

	if (!map || PR_ProcessAttrSetInheritableFileMap(attr, map, arguments[1]) != PR_SUCCESS)
		return failed();
	process = PR_CreateProcess(self, child, NULL, attr);
	PR_DestroyProcessAttr(attr);
	PR_CloseFileMap(map);
	if (!process || PR_WaitProcess(process, &code) != PR_SUCCESS)
		return failed();
	return code;
}

static int list(const char *self, char **arguments)
{
	const char *slash = strrchr(self, '/');
	PRFileMap *map = PR_GetInheritedFileMap(arguments[0]);
	char lister[4096];
	int status;
	pid_t pid;

	if (!map)
		return failed();
	snprintf(lister, sizeof(lister), "%.*s/lister", (int)(slash - self), self);
	pid = fork();
	if (pid == 0) {
		execl(lister, lister, arguments[1], NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	PR_CloseFileMap(map);
	return WEXITSTATUS(status);
}

static int lose(char **arguments)
{
	PRFileMap *map = PR_GetInheritedFileMap(arguments[0]);

	if (!map)
		return failed();
	PR_CloseFileMap(map);
	return PR_GetInheritedFileMap(arguments[0]) ? 1 : failed();
}

static int hold(char **arguments)
{
	PRFileMap *map = strcmp(arguments[0], "get") == 0
				 ? PR_GetInheritedFileMap(arguments[1])
				 : PR_ImportFileMapFromString(arguments[1]);
	char byte;

	if (!map || !PR_MemMap(map, 0, 1))
		return failed();
	if (write(STDOUT_FILENO, "+", 1) != 1)
		return 2;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return PR_CloseFileMap(map) == PR_SUCCESS ? 0 : failed();
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "get") == 0 && argc % 3 == 2)
		return get(argv + 2);
	if (strcmp(command, "import") == 0 && argc == 5)
		return import(argv + 2);
	if (strcmp(command, "relay") == 0 && argc == 6)
		return relay(argv[0], argv + 2);
	if (strcmp(command, "list") == 0 && argc == 4)
		return list(argv[0], argv + 2);
	if (strcmp(command, "lose") == 0 && argc == 3)
		return lose(argv + 2);
	if (strcmp(command, "clean") == 0 && argc == 2)
		return getenv("PRSHM_INHERITED") ? 1 : 0;
	if (strcmp(command, "hold") == 0 && argc == 4)
		return hold(argv + 2);
	return 2;
}
