/* SPDX-License-Identifier: MIT */
/* The scenarios by name, and what they share. */
#include "program.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	scenario *run;
} scenarios[] = {
	{"named-write", named_write},
	{"named-read", named_read},
	{"named-delete", named_delete},
	{"named-many", named_many},
	{"one-parent", one_parent},
	{"one-child", one_child},
	{"one-alone", one_alone},
	{"two-parent", two_parent},
	{"two-child", two_child},
	{"two-closed", two_closed},
	{"bad-strings", bad_strings},
	{"bad-arguments", bad_arguments},
	{"leaks", leaks},
	{"forked", forked},
	{"copied", copied},
	{"map-sizes", map_sizes},
	{"foreign-map", foreign_map},
	{"closed-behind", closed_behind},
};

int say(const char *what, int ok)
{
	if (ok)
		printf("%s: ok\n", what);
	else
		printf("%s: %s/%d\n", what, PR_ErrorToName(PR_GetError()), (int)PR_GetOSError());
	return ok;
}

void say_number(const char *what, long number)
{
	printf("%s: %ld\n", what, number);
}

void say_text(const char *what, const char *text)
{
	printf("%s: %s\n", what, text);
}

static bool is_inheritable(const char *number)
{
	return fcntl(atoi(number), F_GETFD) == 0;
}

static long count(const char *prefix, bool inheritable)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	long found = 0;

	while (directory && (entry = readdir(directory))) {
		char path[300];
		char target[300] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
			strncmp(target, prefix, strlen(prefix)) == 0 &&
			(!inheritable || is_inheritable(entry->d_name)))
			found++;
	}
	if (directory)
		closedir(directory);
	return found;
}

long count_fds(void)
{
	return count("", false) - 1; /* the directory */
}

long count_memory(void)
{
	return count("/memfd:", false);
}

long count_inheritable_memory(void)
{
	return count("/memfd:", true);
}

void list_segments(void)
{
	const char *program = getenv("LIST_SEGMENTS");

	fflush(stdout);
	if (program && system(program) != 0)
		puts("list: failed");
}

PRFileMap *open_map(PRFileMapProtect prot)
{
	const char *directory = getenv("MAP_DIRECTORY");
	PRFileMap *map = PR_OpenAnonFileMap(directory ? directory : "/nonexistent", MAP_SIZE, prot);

	say("open", map != NULL);
	return map;
}

char *map_all(PRFileMap *map)
{
	char *memory = map ? PR_MemMap(map, 0, MAP_SIZE) : NULL;

	if (!memory)
		say("map", 0);
	return memory;
}

int run_child(char **arguments, PRProcessAttr *attr)
{
	PRProcess *process;
	PRInt32 status = -1;

	fflush(stdout);
	process = PR_CreateProcess(arguments[0], arguments, NULL, attr);
	if (!process || PR_WaitProcess(process, &status) != PR_SUCCESS)
		return -1;
	return status;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* children write to the same file */
	for (size_t i = 0; argc > 1 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			int status = scenarios[i].run(argv + 2);

			PR_Cleanup();
			return status;
		}
	}
	fprintf(stderr, "usage: %s SCENARIO [ARGUMENT ...]\n", argv[0]);
	return 2;
}
