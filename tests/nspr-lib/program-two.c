/* SPDX-License-Identifier: MIT */
/* Anonymous memory, protocol two: a string, and whatever way the program has to start children. */
#include "program.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_ARGUMENTS_MAX 14
#define NOBODY              60004

static int export_map(PRFileMap *map, char string[PR_FILEMAP_STRING_BUFSIZE])
{
	return say("export",
		PR_ExportFileMapAsString(map, PR_FILEMAP_STRING_BUFSIZE, string) == PR_SUCCESS);
}

/* What launchers do before they start a program: the first argument of two-parent. */
static void prepare_child(const char *how, int map_fd)
{
	if (strcmp(how, "close") == 0)
		close_range(3, ~0U, 0);
	if (strcmp(how, "replace") == 0) {
		int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

		dup2(other, map_fd);
	}
	if (strcmp(how, "setuid") == 0) {
		close_range(3, ~0U, 0);
		if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(125);
	}
	if (strcmp(how, "plain") == 0)
		unsetenv("LD_PRELOAD");
}

static int fork_child(const char *how, char **command, char *string)
{
	char *arguments[CHILD_ARGUMENTS_MAX + 2] = {NULL};
	int status = -1;
	pid_t child;

	for (size_t i = 0; i < CHILD_ARGUMENTS_MAX && command[i]; i++) {
		arguments[i] = command[i];
		arguments[i + 1] = string;
	}
	fflush(stdout);
	child = fork();
	if (child == 0) {
		prepare_child(how, atoi(string));
		execv(arguments[0], arguments);
		_exit(126);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int two_parent(char **arguments)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map = open_map(PR_PROT_READWRITE);
	char *memory = map_all(map);

	say_number("inheritable", count_inheritable_memory());
	if (!memory || !export_map(map, string))
		return EXIT_FAILURE;
	say_number("inheritable", count_inheritable_memory());
	strcpy(memory, "from the parent");
	list_segments();
	say_number("child", fork_child(arguments[0], arguments + 1, string));
	say_text("parent reads", memory + 100);
	PR_CloseFileMap(map);
	return EXIT_SUCCESS;
}

int two_child(char **arguments)
{
	PRFileMap *map = PR_ImportFileMapFromString(arguments[0]);
	char *memory = map_all(map);

	if (!say("import", memory != NULL))
		return EXIT_FAILURE;
	say_number("inheritable", count_inheritable_memory());
	say_text("child reads", memory);
	strcpy(memory + 100, "from the child");
	say("close", PR_CloseFileMap(map) == PR_SUCCESS);
	say_number("memory left open", count_memory());
	return EXIT_SUCCESS;
}

/* The string of a map that is gone, and whose descriptor is now something else. */
int two_closed(char **arguments)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map = open_map(PR_PROT_READWRITE);

	(void)arguments;
	if (!map || !export_map(map, string))
		return EXIT_FAILURE;
	PR_CloseFileMap(map);
	say("import after close", PR_ImportFileMapFromString(string) != NULL);
	dup2(0, atoi(string));
	say("import of another file", PR_ImportFileMapFromString(string) != NULL);
	close(atoi(string));
	map = open_map(PR_PROT_READWRITE);
	say("import of other memory", PR_ImportFileMapFromString(string) != NULL);
	PR_CloseFileMap(map);
	return EXIT_SUCCESS;
}
