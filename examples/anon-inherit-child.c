/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory, first protocol, the child: it asks for the map by the name that its parent gave
 * it. Started by anon-inherit-parent.
 */
#include <prerror.h>
#include <prshma.h>
#include <stdio.h>

#define SIZE 4096

int main(void)
{
	PRFileMap *map = PR_GetInheritedFileMap("letter");
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
