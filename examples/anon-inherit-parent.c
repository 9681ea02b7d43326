/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory, first protocol, the parent: the library starts the child and hands it the map.
 *
 *	anon-inherit-parent CHILD      (CHILD: the path of anon-inherit-child)
 *
 *	cc anon-inherit-parent.c $(pkg-config --cflags --libs prshm-client)
 */
#include <prerror.h>
#include <prshma.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE 4096

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, PR_ErrorToString(PR_GetError(), PR_LANGUAGE_EN));
	exit(1);
}

int main(int argc, char **argv)
{
	PRFileMap *map = PR_OpenAnonFileMap("/tmp", SIZE, PR_PROT_READWRITE);
	PRProcessAttr *attr = PR_NewProcessAttr();
	PRProcess *child;
	PRInt32 status = 1;
	char *text = map != NULL ? PR_MemMap(map, 0, SIZE) : NULL;

	if (argc != 2)
		return 2;
	if (text == NULL)
		fail("memory");
	snprintf(text, SIZE, "a question");

	/* This child gets this map, by this name; another child of this process gets nothing. */
	if (attr == NULL || PR_ProcessAttrSetInheritableFileMap(attr, map, "letter") != PR_SUCCESS)
		fail("attributes");
	child = PR_CreateProcess(argv[1], argv + 1, NULL, attr);
	PR_DestroyProcessAttr(attr);
	if (child == NULL || PR_WaitProcess(child, &status) != PR_SUCCESS)
		fail(argv[1]);

	printf("the child wrote: %s\n", text);
	PR_MemUnmap(text, SIZE);
	PR_CloseFileMap(map);
	return status;
}
