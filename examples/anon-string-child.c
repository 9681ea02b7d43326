/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory, second protocol, the child: it has got a string from its parent, and makes a
 * map of it. Started by anon-string-parent.
 */
#include <prerror.h>
#include <prshma.h>
#include <stdio.h>

#define SIZE 4096

int main(int argc, char **argv)
{
	PRFileMap *map = PR_ImportFileMapFromString(argc > 1 ? argv[1] : "");
	char *text = map != NULL ? PR_MemMap(map, 0, SIZE) : NULL;

	if (text == NULL) {
		fprintf(stderr, "memory: %s\n", PR_ErrorToString(PR_GetError(), PR_LANGUAGE_EN));
		return 1;
	}
	printf("the parent wrote: %s\n", text);
	snprintf(text, SIZE, "an answer");
	PR_MemUnmap(text, SIZE);
	PR_CloseFileMap(map);
	return 0;
}
