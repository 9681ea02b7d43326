/* SPDX-License-Identifier: MIT */
/* Anonymous memory, protocol one: NSPR's PR_CreateProcess passes maps by name. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 255

static const char odd_name[] = "a:b c/%s.\xff";

static const char *longest_name(int extra)
{
	static char name[LONGEST + 2];

	memset(name, 'x', sizeof(name));
	name[LONGEST + extra] = '\0';
	return name;
}

static int set(PRProcessAttr *attr, PRFileMap *map, const char *name)
{
	return PR_ProcessAttrSetInheritableFileMap(attr, map, name) == PR_SUCCESS;
}

static void set_all(PRProcessAttr *attr, PRFileMap *words, PRFileMap *other)
{
	static PRFileDesc *pipe_ends[2];

	say("set", set(attr, other, "words") && set(attr, words, "words"));
	say("set another", set(attr, other, odd_name) && set(attr, other, longest_name(0)));
	say("set a name too long", set(attr, other, longest_name(1)));
	say("set no name", set(attr, other, ""));
	say("set NULL", set(attr, NULL, "words"));
	/* Beside a descriptor that NSPR itself passes, the way NSPR's users do. */
	PR_CreatePipe(&pipe_ends[0], &pipe_ends[1]);
	PR_SetFDInheritable(pipe_ends[1], PR_TRUE);
	say("set a pipe", PR_ProcessAttrSetInheritableFD(attr, pipe_ends[1], "pipe") == PR_SUCCESS);
}

int one_parent(char **arguments)
{
	PRFileMap *words = open_map(PR_PROT_READWRITE);
	PRFileMap *other = open_map(PR_PROT_READONLY);
	PRProcessAttr *attr = PR_NewProcessAttr();
	char *memory = map_all(words);
	char *nobody[] = {arguments[0], (char *)"one-alone", NULL};

	if (!memory)
		return EXIT_FAILURE;
	strcpy(memory, "from the parent");
	set_all(attr, words, other);
	list_segments();
	say_number("child", run_child(arguments, attr));
	say_number("child again", run_child(arguments, attr));
	say_number("child without attributes", run_child(nobody, NULL));
	say_text("parent reads", memory + 100);
	PR_CloseFileMap(words);
	say_number("child after close", run_child(arguments, attr));
	PR_MemUnmap(memory, MAP_SIZE);
	PR_CloseFileMap(other);
	PR_DestroyProcessAttr(attr);
	return EXIT_SUCCESS;
}

static void get_wrong_ones(void)
{
	say("get a name too long", PR_GetInheritedFileMap(longest_name(1)) != NULL);
	say("get an unknown name", PR_GetInheritedFileMap("wor") != NULL);
	say("get the pipe as a map", PR_GetInheritedFileMap("pipe") != NULL);
	say("get the pipe", PR_GetInheritedFD("pipe") != NULL);
}

int one_child(char **arguments)
{
	PRFileMap *words;
	PRFileMap *other;
	PRFileMap *same;
	char *memory;

	(void)arguments;
	say_number("memory inherited", count_memory());
	words = PR_GetInheritedFileMap("words");
	if (!say("get", words != NULL))
		return EXIT_FAILURE;
	memory = map_all(words);
	say_text("child reads", memory);
	strcpy(memory + 100, "from the child");
	other = PR_GetInheritedFileMap(odd_name);
	same = PR_GetInheritedFileMap(longest_name(0));
	say("get another, by two names", map_all(other) && map_all(same));
	get_wrong_ones();
	say("close", PR_CloseFileMap(words) == PR_SUCCESS && PR_CloseFileMap(other) == PR_SUCCESS &&
			     PR_CloseFileMap(same) == PR_SUCCESS);
	say_number("memory left open", count_memory());
	return EXIT_SUCCESS;
}

/* A child that was given nothing. */
int one_alone(char **arguments)
{
	(void)arguments;
	say_number("memory inherited alone", count_memory());
	say("get alone", PR_GetInheritedFileMap("words") != NULL);
	return EXIT_SUCCESS;
}
