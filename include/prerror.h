/* SPDX-License-Identifier: MIT */
/*
 * The last error, one for each thread: a code, the operating system's own number, maybe a text.
 *
 *	if (PR_OpenSharedMemory(name, 0, 0, 0) == NULL)
 *		fprintf(stderr, "%s: %s (%s)\n", name, PR_ErrorToName(PR_GetError()),
 *			PR_ErrorToString(PR_GetError(), PR_LANGUAGE_I_DEFAULT));
 *
 * A call that succeeds leaves the last error as it was: look at it only after a failure.
 * Contract: NSPR 4.35's prerror.h and, where that is silent or untrue, what libnspr4 does. What
 * differs is said at each call. Tables of a program's own (PR_ErrorInstallTable,
 * PR_ErrorInstallCallback) are not here.
 */
#ifndef PRSHM_PRERROR_H
#define PRSHM_PRERROR_H

#include "prtypes.h"

PR_BEGIN_EXTERN_C

typedef PRInt32 PRErrorCode;

#define PR_NSPR_ERROR_BASE -6000

#include "prerr.h"

/* Bytes of a text that are kept, without the NUL after it. NSPR knows no such bound. */
#define PRSHM_ERROR_TEXT_MAX 4095

/*
 * Sets the calling thread's last error, and forgets its text. errno stays as it is.
 *   errorCode  a PR_*_ERROR, or any number of the program's own
 *   oserr      an errno value; 0: there is none
 * No errors.
 */
NSPR_API(void) PR_SetError(PRErrorCode errorCode, PRInt32 oserr);

/*
 * The code of the calling thread's last error; 0 in a thread that has had none. No errors.
 */
NSPR_API(PRErrorCode) PR_GetError(void);

/*
 * The operating system's number (errno) of the calling thread's last error; 0: none. No errors.
 */
NSPR_API(PRInt32) PR_GetOSError(void);

/*
 * Gives the calling thread's last error a text. It stays until PR_SetError or the next text.
 *   textLength  bytes of text, 1 and more; what goes beyond PRSHM_ERROR_TEXT_MAX is cut off; with 0
 *               or less there is no text afterwards. (NSPR's header promises to measure the string
 *               where the length is 0; libnspr4 never did, and what it does counts.)
 *   text        copied; may contain NULs and needs none at its end (libnspr4 reads one byte more);
 *               NULL: no text
 * No errors.
 */
NSPR_API(void) PR_SetErrorText(PRIntn textLength, const char *text);

/*
 * The bytes of the last error's text, without the NUL after it; 0: there is no text. No errors.
 */
NSPR_API(PRInt32) PR_GetErrorTextLength(void);

/*
 * Copies the last error's text and a NUL after it, and returns PR_GetErrorTextLength().
 *   text  the caller's, at least PR_GetErrorTextLength() + 1 bytes; untouched if there is no text;
 *         NULL: nothing is copied and 0 returned (libnspr4 crashes)
 * No errors.
 */
NSPR_API(PRInt32) PR_GetErrorText(char *text);

typedef PRUint32 PRLanguageCode;
#define PR_LANGUAGE_I_DEFAULT 0
#define PR_LANGUAGE_EN        1

/*
 * A sentence for people: the meaning of a PR_*_ERROR, or for 0..255 the system's, see strerror(3).
 *   code      any number
 *   language  any; all codes give the same English text
 * Returns a string that is never NULL and not to be freed, valid for ever; only that of a number
 * without a meaning is valid until the thread's next call. Works before PR_Init, where libnspr4
 * knows no code yet. The sentences are not NSPR's. No errors.
 */
NSPR_API(const char *) PR_ErrorToString(PRErrorCode code, PRLanguageCode language);

/*
 * The name of a code: "PR_FILE_NOT_FOUND_ERROR".
 *   code  any number
 * Returns a constant string, or NULL if code is not in prerr.h (errno values are not). Works before
 * PR_Init, where libnspr4 returns NULL. No errors.
 */
NSPR_API(const char *) PR_ErrorToName(PRErrorCode code);

/*
 * The tags of the languages that PR_ErrorToString takes, by PRLanguageCode, with a NULL at the end:
 * "i-default", "en". Constant. No errors.
 */
NSPR_API(const char *const *) PR_ErrorLanguages(void);

PR_END_EXTERN_C

#endif
