/* SPDX-License-Identifier: MIT */
/*
 * Child processes: the part of NSPR's prproces.h that passes anonymous memory on (prshma.h tells
 * how). What needs a PRFileDesc, such as the redirection of standard input and output, is not here.
 *
 * Contract: NSPR 4.35's prproces.h and what libnspr4 does on Linux. What differs:
 *   - a program that cannot be run, or a directory that cannot be entered, is an error of
 *     PR_CreateProcess; libnspr4 succeeds, and its child exits with status 1;
 *   - a child that a signal killed has the exit code 256 + the signal's number; libnspr4 gives 256
 *     for every signal;
 *   - the library waits for the children it made, and for no others: there is no SIGCHLD handler.
 *     A program that ignores SIGCHLD, or waits for any child, takes the exit code away.
 * A call that fails sets the thread's last error (prerror.h); what PR_GetOSError then gives stands
 * in brackets. Several threads may make these calls at once, each with its own attributes.
 */
#ifndef PRSHM_PRPROCES_H
#define PRSHM_PRPROCES_H

#include "prio.h"
#include "prtypes.h"

PR_BEGIN_EXTERN_C

typedef struct PRProcess PRProcess;
typedef struct PRProcessAttr PRProcessAttr;

/*
 * Attributes of children to be created: none yet. The caller owns them, until
 * PR_DestroyProcessAttr; NULL and PR_OUT_OF_MEMORY_ERROR [ENOMEM] if there is no memory.
 */
NSPR_API(PRProcessAttr *) PR_NewProcessAttr(void);

/* Makes them as new: no directory and no maps. attr may be NULL. No errors. */
NSPR_API(void) PR_ResetProcessAttr(PRProcessAttr *attr);

/* attr may be NULL. Children that were created with it keep what they got. No errors. */
NSPR_API(void) PR_DestroyProcessAttr(PRProcessAttr *attr);

/*
 * The working directory of the children; a relative path of theirs begins there.
 *   attr  changed
 *   dir   copied, and entered only by the child; replaces an earlier one
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  attr or dir is NULL
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]
 */
NSPR_API(PRStatus) PR_ProcessAttrSetCurrentDirectory(PRProcessAttr *attr, const char *dir);

/*
 * Starts a program. Of this process's maps it gets those named in attr, and no others.
 *   path  of the program; $PATH is not searched
 *   argv  its arguments, from its name on, with a NULL at the end
 *   envp  its environment, with a NULL at the end; NULL: this process's. The variable
 *         PRSHM_INHERITED is the library's own, and replaced or taken out
 *   attr  stays the caller's, unchanged, for as many children as it likes; may be NULL
 * Returns a process that the caller owns, until PR_WaitProcess or PR_DetachProcess. Or NULL, and
 * nothing runs:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]         path or argv is NULL
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]           no such program, interpreter or directory
 *   PR_NOT_DIRECTORY_ERROR [ENOTDIR]           no directory where there should be one
 *   PR_NO_ACCESS_RIGHTS_ERROR [EACCES, EPERM]  not to be run, or entered, by this user
 *   PR_NAME_TOO_LONG_ERROR, PR_LOOP_ERROR, PR_FILE_IS_BUSY_ERROR   as execve(2) says
 *   PR_BUFFER_OVERFLOW_ERROR [E2BIG]           arguments, environment or the names of the maps are
 *                                              more than execve(2) takes
 *   PR_INSUFFICIENT_RESOURCES_ERROR [EAGAIN]   too many processes
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]
 *   PR_UNKNOWN_ERROR                           anything else, such as ENOEXEC: no program at all
 */
NSPR_API(PRProcess *)
PR_CreateProcess(const char *path, char *const *argv, char *const *envp, const PRProcessAttr *attr);

/*
 * Starts a program that nobody waits for: PR_CreateProcess and PR_DetachProcess in one.
 * Returns PR_SUCCESS, or PR_FAILURE, with the errors of both: nothing runs.
 */
NSPR_API(PRStatus)
PR_CreateProcessDetached(
	const char *path, char *const *argv, char *const *envp, const PRProcessAttr *attr);

/*
 * Gives a process back that shall go on by itself. When it ends no zombie stays: a thread of the
 * library, with all signals blocked, waits for it.
 *   process  no longer the caller's if this succeeds
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]        process is NULL
 *   PR_INSUFFICIENT_RESOURCES_ERROR [EAGAIN]  no thread to be had
 */
NSPR_API(PRStatus) PR_DetachProcess(PRProcess *process);

/*
 * Waits for a process to end.
 *   process   no longer the caller's afterwards, whatever this returns
 *   exitCode  its exit status, 0..255; 256 + the number of the signal that killed it; may be NULL
 * Returns PR_SUCCESS, or PR_FAILURE and no exitCode:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  process is NULL
 *   PR_UNKNOWN_ERROR [ECHILD]           somebody else in this process has waited for it
 */
NSPR_API(PRStatus) PR_WaitProcess(PRProcess *process, PRInt32 *exitCode);

/*
 * Kills a process with SIGKILL. It still has to be waited for.
 *   process  stays the caller's
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  process is NULL
 *   PR_INVALID_ARGUMENT_ERROR [ESRCH]   it has ended
 *   PR_NO_ACCESS_RIGHTS_ERROR [EPERM]   it has become another user
 */
NSPR_API(PRStatus) PR_KillProcess(PRProcess *process);

PR_END_EXTERN_C

#endif
