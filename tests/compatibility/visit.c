/* SPDX-License-Identifier: MIT */
/*
 * visit [BIG]: does with shared memory what programs do; it is linked to a library of another
 * release, or of another size of pointers, than the broker. BIG: a segment that a program of 32
 * bits cannot map.
 */
#include <stdio.h>
#include <string.h>

#include "prerr.h"
#include "prerror.h"
#include "prio.h"
#include "prshm.h"
#include "prshma.h"

#define BYTES 100000U

static int fail(const char *what)
{
	fprintf(stderr, "%s: error %d, %d\n", what, (int)PR_GetError(), (int)PR_GetOSError());
	return 1;
}

/* Two handles of one name are one memory. */
static int visit_named(const char *name)
{
	PRSharedMemory *one = PR_OpenSharedMemory(name, BYTES, PR_SHM_CREATE | PR_SHM_EXCL, 0600);
	PRSharedMemory *two = PR_OpenSharedMemory(name, 0, 0, 0);
	char *written = one ? PR_AttachSharedMemory(one, 0) : NULL;
	char *read = two ? PR_AttachSharedMemory(two, PR_SHM_READONLY) : NULL;

	if (!written || !read)
		return fail("a named segment");
	strcpy(written + BYTES - 10, "visited");
	if (strcmp(read + BYTES - 10, "visited") != 0)
		return fail("the same memory");
	if (PR_DetachSharedMemory(one, written) != PR_SUCCESS ||
		PR_DetachSharedMemory(two, read) != PR_SUCCESS ||
		PR_CloseSharedMemory(one) != PR_SUCCESS ||
		PR_CloseSharedMemory(two) != PR_SUCCESS ||
		PR_DeleteSharedMemory(name) != PR_SUCCESS)
		return fail("the end of a named segment");
	return PR_OpenSharedMemory(name, 0, 0, 0) ? fail("a name that is gone") : 0;
}

static int visit_anonymous(void)
{
	char text[128];
	PRFileMap *map = PR_OpenAnonFileMap("/tmp", BYTES, PR_PROT_READWRITE);
	PRFileMap *again;
	char *one;
	char *two;

	if (!map || PR_ExportFileMapAsString(map, sizeof(text), text) != PR_SUCCESS)
		return fail("anonymous memory");
	again = PR_ImportFileMapFromString(text);
	one = PR_MemMap(map, 0, BYTES);
	two = again ? PR_MemMap(again, 0, BYTES) : NULL;
	if (!one || !two)
		return fail("imported memory");
	one[BYTES - 1] = 'x';
	return two[BYTES - 1] == 'x' ? 0 : fail("the same anonymous memory");
}

/* Not cut to what is left of its size in 32 bits. */
static int visit_big(const char *name)
{
	if (PR_OpenSharedMemory(name, 0, 0, 0))
		return fail("it was opened");
	return PR_GetError() == PR_FILE_TOO_BIG_ERROR ? 0 : fail("too big");
}

int main(int argc, char **argv)
{
	char name[64];

	if (argc > 1)
		return visit_big(argv[1]);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/visited/%d", i % 3);
		if (visit_named(name) != 0)
			return 1;
	}
	return visit_anonymous();
}
