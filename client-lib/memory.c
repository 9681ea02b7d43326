/* SPDX-License-Identifier: MIT */
/* malloc(3) by NSPR's names. */
#include "include/prmem.h"

void *PR_Malloc(PRUint32 size)
{
	return malloc(size);
}

void *PR_Calloc(PRUint32 count, PRUint32 size)
{
	return calloc(count, size);
}

void *PR_Realloc(void *memory, PRUint32 size)
{
	return realloc(memory, size);
}

void PR_Free(void *memory)
{
	free(memory);
}
