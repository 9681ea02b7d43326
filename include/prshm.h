/* SPDX-License-Identifier: MIT */
/*
 * NSPR's named shared memory, through the broker: memory that processes find by a name.
 *
 *	PRSharedMemory *shm = PR_OpenSharedMemory("/demo/words", 65536, PR_SHM_CREATE, 0600);
 *	char *words = shm != NULL ? PR_AttachSharedMemory(shm, 0) : NULL;
 *	...
 *	PR_DetachSharedMemory(shm, words);
 *	PR_CloseSharedMemory(shm);
 *	PR_DeleteSharedMemory("/demo/words");
 *
 * Contract: NSPR 4.35's prshm.h and, where that is silent, what libnspr4 does on Linux. What this
 * library does otherwise, and why, is in prshm(7). Several threads may make these calls at once, a
 * child of fork may go on with its parent's handles and attachments. A call that fails returns NULL
 * or PR_FAILURE and sets the thread's last error (prerror.h); what PR_GetOSError then gives stands
 * in brackets.
 *
 * A name is a string of 1 to 1023 bytes, each component of at most 255. It looks like a path and is
 * none: no file is made, opened or followed. One without a leading slash is taken from the working
 * directory; ".", ".." and repeated slashes are resolved in the text alone.
 */
#if !defined(PRSHM_PRSHM_H) && !defined(prshm_h___)
#define PRSHM_PRSHM_H
#define prshm_h___ /* as NSPR's own, which may be included before or after */

#include "prio.h"
#include "prerror.h"
#include "prtypes.h"

PR_BEGIN_EXTERN_C

typedef struct PRSharedMemory PRSharedMemory;

/* Flags of PR_OpenSharedMemory. */
#define PR_SHM_CREATE 0x1 /* make the segment if there is none */
#define PR_SHM_EXCL   0x2 /* with PR_SHM_CREATE: fail if there is one; alone: ignored */

/* Flag of PR_AttachSharedMemory. */
#define PR_SHM_READONLY 0x01

/*
 * Opens the segment of that name, or creates it, filled with zeros and owned by the caller.
 *   name   as above; borrowed for the call
 *   size   bytes. Of a new segment: its size, from 1, and fixed for its life. Of an existing one:
 *          what the caller needs at least, from 0; it gets the whole segment all the same
 *   flags  0, PR_SHM_CREATE, or PR_SHM_CREATE | PR_SHM_EXCL; other bits are ignored
 *   mode   bits as in chmod(2). Of a new segment: who may read it (0444), and who of these may
 *          write it (0222); the umask does not count, nor do other bits. Of an existing one:
 *          ignored, the handle gets what the caller's rights allow
 * Returns a handle that the caller owns, until PR_CloseSharedMemory. Or NULL:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]   name is NULL; size is 0 for a new segment, or larger than
 *                                        the existing one
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]     no such segment, and no PR_SHM_CREATE; or name is empty
 *   PR_NO_ACCESS_RIGHTS_ERROR [EACCES]   it exists, and the caller may not even read it
 *   PR_FILE_EXISTS_ERROR [EEXIST]        it exists, and both flags are given
 *   PR_NAME_TOO_LONG_ERROR [ENAMETOOLONG]  a component is longer than 255 bytes
 *   PR_BUFFER_OVERFLOW_ERROR [ENAMETOOLONG]  the name is longer than 1023 bytes
 *   PR_FILE_TOO_BIG_ERROR [EFBIG]        size is more than a segment may have
 *   PR_INSUFFICIENT_RESOURCES_ERROR [EDQUOT]  a limit of the broker is reached
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]      no memory, here or in the broker
 *   PR_PROC_DESC_TABLE_FULL_ERROR [EMFILE]  the process has no descriptor left
 *   PR_IS_DIRECTORY_ERROR [EISDIR]       the name ends in a slash, or in "." or ".."
 *   PR_CONNECT_REFUSED_ERROR             there is no broker, and none could be started
 *   PR_IO_TIMEOUT_ERROR [ETIMEDOUT]      the broker did not answer within ten seconds
 *   PR_SYS_DESC_TABLE_FULL_ERROR [ENFILE]  the system has no descriptor left
 *   PR_IO_ERROR [EIO, EPROTO]            the broker is broken, or what answered is none
 *   PR_OPERATION_NOT_SUPPORTED_ERROR [EOPNOTSUPP]  the broker is too old for this library
 */
NSPR_API(PRSharedMemory *)
PR_OpenSharedMemory(const char *name, PRSize size, PRIntn flags, PRIntn mode);

/*
 * Maps the whole segment. Each call gives one more mapping, at an address of its own.
 *   shm    a handle; stays the caller's. The segment may have been deleted since
 *   flags  0: to read and write; PR_SHM_READONLY: to read, and mprotect(2) cannot change that;
 *          other bits are ignored
 * Returns the mapping's first byte, at a page boundary. It stays, whatever becomes of the handle,
 * the name and the broker, until PR_DetachSharedMemory or the end of the process. Or NULL:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  shm is NULL
 *   PR_NO_ACCESS_RIGHTS_ERROR [EACCES]  the handle's rights do not go so far
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]     no memory, or too many mappings (vm.max_map_count)
 *   PR_BAD_DESCRIPTOR_ERROR [EBADF]     the program has closed the handle's descriptor itself
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]    READONLY, by who may write, of a segment that the broker no
 *                                       longer knows: it must be asked for a read-only descriptor
 *   the errors of the descriptor tables and of the broker, as for PR_OpenSharedMemory, likewise
 */
NSPR_API(void *) PR_AttachSharedMemory(PRSharedMemory *shm, PRIntn flags);

/*
 * Unmaps one attachment.
 *   shm   not looked at: the address says it all
 *   addr  what PR_AttachSharedMemory returned, in this process, through any handle
 * Returns PR_SUCCESS, or PR_FAILURE and nothing is unmapped:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  addr is not the first byte of an attachment
 */
NSPR_API(PRStatus) PR_DetachSharedMemory(PRSharedMemory *shm, void *addr);

/*
 * Gives a handle back. Its attachments and the segment stay.
 *   shm  a handle; no longer one afterwards
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  shm is NULL
 */
NSPR_API(PRStatus) PR_CloseSharedMemory(PRSharedMemory *shm);

/*
 * Takes a name away from its segment. The name is free at once; handles and attachments stay good,
 * and the memory goes with the last of them.
 *   name  as above; borrowed for the call
 * Returns PR_SUCCESS, or PR_FAILURE and the name stays:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]         name is NULL
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]           no such segment, or name is empty
 *   PR_NO_ACCESS_RIGHTS_ERROR [EPERM, EACCES]  the caller is neither its owner nor root; EPERM if
 *                                              it may write the segment
 *   the errors of names, of the descriptor tables and of the broker, as for PR_OpenSharedMemory
 */
NSPR_API(PRStatus) PR_DeleteSharedMemory(const char *name);

PR_END_EXTERN_C

#endif
