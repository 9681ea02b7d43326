/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory, second protocol, the parent: it starts the child in a way of its own, and
 * passes it a string, here in its arguments.
 *
 *	anon-string-parent CHILD      (CHILD: the path of anon-string-child)
 *
 *	cc anon-string-parent.c $(pkg-config --cflags --libs prshm-client)
 */
#include <prerror.h>
#include <prshma.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 4096

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, PR_ErrorToString(PR_GetError(), PR_LANGUAGE_EN));
	exit(1);
}

int main(int argc, char **argv)
{
	PRFileMap *map = PR_OpenAnonFileMap("/tmp", SIZE, PR_PROT_READWRITE);
	char string[PR_FILEMAP_STRING_BUFSIZE];
	char *text = map != NULL ? PR_MemMap(map, 0, SIZE) : NULL;
	pid_t child;
	int status;

	if (argc != 2)
		return 2;
	if (text == NULL)
		fail("memory");
	snprintf(text, SIZE, "a question");

	/* From here on whatever this process starts inherits the map. */
	if (PR_ExportFileMapAsString(map, sizeof(string), string) != PR_SUCCESS)
		fail("string");
	child = fork();
	if (child == 0) {
		execl(argv[1], argv[1], string, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;

	printf("the child wrote: %s\n", text);
	PR_MemUnmap(text, SIZE);
	PR_CloseFileMap(map);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
