/* SPDX-License-Identifier: MIT */
/*
 * malloc(3) and its kin by NSPR's names, for programs that call them so. Contract: NSPR 4.35's
 * prmem.h. Sizes have 32 bits. What one of these returned goes to PR_Free; here that is free(3).
 * When there is no memory they return NULL and leave the thread's last error as it was.
 */
#ifndef PRSHM_PRMEM_H
#define PRSHM_PRMEM_H

#include "prtypes.h"
#include <stdlib.h>

PR_BEGIN_EXTERN_C

NSPR_API(void *) PR_Malloc(PRUint32 size);                 /* bytes, as they happen to be */
NSPR_API(void *) PR_Calloc(PRUint32 count, PRUint32 size); /* count times size bytes of 0 */
NSPR_API(void *) PR_Realloc(void *memory, PRUint32 size);  /* memory stays if it returns NULL */
NSPR_API(void) PR_Free(void *memory);                      /* NULL is nothing to free */

#define PR_MALLOC(bytes)           PR_Malloc(bytes)
#define PR_CALLOC(bytes)           PR_Calloc(1, (bytes))
#define PR_REALLOC(pointer, bytes) PR_Realloc((pointer), (bytes))
#define PR_NEW(type)               ((type *)PR_MALLOC(sizeof(type)))
#define PR_NEWZAP(type)            ((type *)PR_Calloc(1, sizeof(type)))

/*
 * Free and forget; the pointer is evaluated twice. Blocks without do ... while, as in NSPR:
 * programs write them without a semicolon.
 */
/* clang-format off */
#define PR_DELETE(pointer) { PR_Free(pointer); (pointer) = NULL; }
#define PR_FREEIF(pointer) if (pointer) PR_DELETE(pointer)
/* clang-format on */

PR_END_EXTERN_C

#endif
