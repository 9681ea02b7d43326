/* SPDX-License-Identifier: MIT */
/*
 * PR_Init and its kin, for programs that call them because NSPR programs do. No call of this
 * library needs them: it connects to the broker when it must.
 *
 * Contract: NSPR 4.35's prinit.h. What differs from libnspr4, which has threads to manage:
 *   - only PR_Init makes PR_Initialized true; in libnspr4 most other calls do so too;
 *   - PR_Init leaves SIGPIPE alone, which this library never raises; libnspr4 ignores it for good;
 *   - PR_Cleanup waits for no thread, and the last error survives it.
 */
#ifndef PRSHM_PRINIT_H
#define PRSHM_PRINIT_H

#include "prtypes.h"
#include <stdio.h>

PR_BEGIN_EXTERN_C

typedef enum PRThreadType { PR_USER_THREAD, PR_SYSTEM_THREAD } PRThreadType;

typedef enum PRThreadPriority {
	PR_PRIORITY_FIRST = 0,
	PR_PRIORITY_LOW = 0,
	PR_PRIORITY_NORMAL = 1,
	PR_PRIORITY_HIGH = 2,
	PR_PRIORITY_URGENT = 3,
	PR_PRIORITY_LAST = 3
} PRThreadPriority;

/* Stands before PR_Init in programs that were also built for Windows 3. */
#define PR_STDIO_INIT()

/*
 * Makes PR_Initialized true and, if it was not before, the calling thread the primordial one.
 *   type, priority, maxPTDs  ignored
 * May be called any number of times, from any thread. No errors.
 */
NSPR_API(void) PR_Init(PRThreadType type, PRThreadPriority priority, PRUintn maxPTDs);

/*
 * Whether PR_Init was called, and no PR_Cleanup has succeeded since. No errors.
 */
NSPR_API(PRBool) PR_Initialized(void);

/*
 * Ends what PR_Init began: PR_Initialized is false afterwards, and PR_Init may be called again.
 * Handles, attachments and the connection to the broker stay as they are.
 * Returns PR_SUCCESS, also where there was nothing to end; PR_FAILURE, without setting an error, in
 * a thread other than the primordial one.
 */
NSPR_API(PRStatus) PR_Cleanup(void);

PR_END_EXTERN_C

#endif
