/* SPDX-License-Identifier: MIT */
/* Anonymous memory: bad input, and what is left when all is closed. */
#include "program.h"

#include <fcntl.h>
#include <private/pprio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 50

static void try_string(const char *what, const char *string)
{
	say(what, PR_ImportFileMapFromString(string) != NULL);
}

/* Each is the good string with one thing wrong. */
int bad_strings(char **arguments)
{
	char good[PR_FILEMAP_STRING_BUFSIZE];
	char bad[PR_FILEMAP_STRING_BUFSIZE + 8];
	PRFileMap *map = open_map(PR_PROT_READONLY);
	size_t length;

	(void)arguments;
	if (!map || PR_ExportFileMapAsString(map, sizeof(good), good) != PR_SUCCESS)
		return EXIT_FAILURE;
	length = strlen(good);
	snprintf(bad, sizeof(bad), "%.*s", (int)length - 1, good);
	try_string("truncated", bad);
	snprintf(bad, sizeof(bad), "%s0", good);
	try_string("too long", bad);
	snprintf(bad, sizeof(bad), " %s", good);
	try_string("with a space", bad);
	snprintf(bad, sizeof(bad), "0%s", good);
	try_string("with a leading zero", bad);
	snprintf(bad, sizeof(bad), "%s", good);
	bad[length - 1] = 'F';
	try_string("upper case", bad);
	bad[length - 1] = good[length - 1] == '0' ? '1' : '0';
	bad[0] = '9'; /* no such descriptor, so that the token is asked for */
	try_string("wrong token", bad);
	snprintf(bad, sizeof(bad), "%s", good);
	*strchr(bad, ':') = ';';
	try_string("wrong separator", bad);
	snprintf(bad, sizeof(bad), "%s", good);
	strchr(bad, ':')[1] = '1';
	try_string("more rights than there are", bad);
	strchr(bad, ':')[1] = '3';
	try_string("unknown protection", bad);
	try_string("empty", "");
	try_string("a word", "words");
	try_string("a number", "7");
	try_string("short, unknown protection", "7:9");
	try_string("short, no descriptor", "-1:1");
	try_string("NULL", NULL);
	say_number("memory open", count_memory());
	try_string("the good one", good);
	return EXIT_SUCCESS;
}

int bad_arguments(char **arguments)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map = open_map(PR_PROT_READWRITE);
	PRStatus status;

	(void)arguments;
	say("open of no size", PR_OpenAnonFileMap(NULL, 0, PR_PROT_READWRITE) != NULL);
	say("open of all", PR_OpenAnonFileMap(NULL, (PRSize)-1, PR_PROT_READWRITE) != NULL);
	say("open with another protection",
		PR_OpenAnonFileMap(NULL, 1, (PRFileMapProtect)7) != NULL);
	strcpy(string, "untouched");
	status = PR_ExportFileMapAsString(map, 20, string);
	say("export into too little", status == PR_SUCCESS);
	say_text("buffer", string);
	say("export of NULL", PR_ExportFileMapAsString(NULL, 128, string) == PR_SUCCESS);
	say("export into NULL", PR_ExportFileMapAsString(map, 128, NULL) == PR_SUCCESS);
	say("get NULL", PR_GetInheritedFileMap(NULL) != NULL);
	return EXIT_SUCCESS;
}

/* One round: a map, its string, the same process's import of it, and all closed again. */
static int use_maps(void)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map = PR_OpenAnonFileMap(NULL, MAP_SIZE, PR_PROT_READWRITE);
	PRFileMap *other;
	char *memory;
	char *same;

	if (!map || PR_ExportFileMapAsString(map, sizeof(string), string) != PR_SUCCESS)
		return 0;
	other = PR_ImportFileMapFromString(string);
	memory = PR_MemMap(map, 0, MAP_SIZE);
	same = other ? PR_MemMap(other, 0, MAP_SIZE) : NULL;
	if (!memory || !same)
		return 0;
	memory[0] = 'x';
	return same[0] == 'x' && PR_CloseFileMap(map) == PR_SUCCESS &&
	       PR_CloseFileMap(other) == PR_SUCCESS &&
	       PR_MemUnmap(memory, MAP_SIZE) == PR_SUCCESS &&
	       PR_MemUnmap(same, MAP_SIZE) == PR_SUCCESS;
}

int leaks(char **arguments)
{
	long before;
	int used = use_maps(); /* which also connects to the broker */

	(void)arguments;
	before = count_fds();
	for (int round = 0; round < ROUNDS; round++)
		used &= use_maps();
	say("rounds", used);
	say_number("descriptors left", count_fds() - before);
	list_segments();
	return EXIT_SUCCESS;
}

/* A child of fork closes its copy of the map; the hold at the broker is the parent's. */
int forked(char **arguments)
{
	PRFileMap *map = open_map(PR_PROT_READWRITE);
	char *memory = map_all(map);
	int status;

	(void)arguments;
	if (!memory)
		return EXIT_FAILURE;
	fflush(stdout);
	if (fork() == 0) {
		PRFileMap *own = open_map(PR_PROT_READWRITE);

		strcpy(memory, "from the child");
		say("child closes", PR_CloseFileMap(map) == PR_SUCCESS);
		say_number("memory left in the child", count_memory());
		fflush(stdout);
		_exit(own ? 0 : 1);
	}
	wait(&status);
	say_text("parent reads", memory);
	list_segments();
	say("parent closes", PR_CloseFileMap(map) == PR_SUCCESS);
	return EXIT_SUCCESS;
}

/* NSPR compares sizes in 32 bits. (Its PR_MemMap has no more for offsets either.) */
int map_sizes(char **arguments)
{
	static const PRSize sizes[] = {1, (PRSize)3 << 30, (PRSize)1 << 32, ((PRSize)1 << 32) + 1};

	(void)arguments;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		PRFileMap *map = PR_OpenAnonFileMap(NULL, sizes[i], PR_PROT_READWRITE);
		char *memory = map ? PR_MemMap(map, 0, 1) : NULL;

		if (say("first page", memory != NULL))
			memory[0] = 'x';
	}
	return EXIT_SUCCESS;
}

/* A map that the program made itself stays NSPR's in everything. */
int foreign_map(char **arguments)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	int fd = memfd_create("file", 0);
	PRFileDesc *desc = PR_ImportFile(fd);
	PRFileMap *map = PR_CreateFileMap(desc, 4096, PR_PROT_READWRITE);
	PRProcessAttr *attr = PR_NewProcessAttr();
	int set = PR_ProcessAttrSetInheritableFileMap(attr, map, "words") == PR_SUCCESS;

	(void)arguments;
	say("set", set);
	say("export", PR_ExportFileMapAsString(map, sizeof(string), string) == PR_SUCCESS);
	say("its string is short", strchr(strchr(string, ':') + 1, ':') == NULL);
	say("import", PR_ImportFileMapFromString(string) != NULL);
	say("close", PR_CloseFileMap(map) == PR_SUCCESS);
	say("its descriptor is open", fcntl(fd, F_GETFD) == 0);
	PR_DestroyProcessAttr(attr);
	return EXIT_SUCCESS;
}

/* The program closed a map's descriptor itself, and the number is now a file of its own. */
int closed_behind(char **arguments)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map = open_map(PR_PROT_READWRITE);
	int fd;

	(void)arguments;
	if (!map || PR_ExportFileMapAsString(map, sizeof(string), string) != PR_SUCCESS)
		return EXIT_FAILURE;
	fd = atoi(string);
	dup2(memfd_create("file", 0), fd);
	map = PR_CreateFileMap(PR_ImportFile(fd), 4096, PR_PROT_READWRITE);
	say("export", PR_ExportFileMapAsString(map, sizeof(string), string) == PR_SUCCESS);
	say("its string is short", strchr(strchr(string, ':') + 1, ':') == NULL);
	close(fd);
	say("open", open_map(PR_PROT_READWRITE) != NULL);
	list_segments();
	return EXIT_SUCCESS;
}
