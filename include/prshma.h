/* SPDX-License-Identifier: MIT */
/*
 * NSPR's anonymous shared memory, through the broker: memory without a name, for a process and the
 * children to which it hands it. There are two ways to do that.
 *
 * One: the library starts the child.
 *	parent: map = PR_OpenAnonFileMap(NULL, 65536, PR_PROT_READWRITE);
 *	        attr = PR_NewProcessAttr();
 *	        PR_ProcessAttrSetInheritableFileMap(attr, map, "words");
 *	        child = PR_CreateProcess("/usr/libexec/worker", argv, NULL, attr);
 *	child:  map = PR_GetInheritedFileMap("words");
 *
 * Two: the program starts the child, and passes it a string.
 *	parent: char string[PR_FILEMAP_STRING_BUFSIZE];
 *	        PR_ExportFileMapAsString(map, sizeof(string), string);
 *	        ... fork, and execl("/usr/libexec/worker", "worker", string, NULL) ...
 *	child:  map = PR_ImportFileMapFromString(argv[1]);
 *
 * Both sides then call PR_MemMap, PR_MemUnmap and PR_CloseFileMap (prio.h). The broker counts the
 * memory as its creator's until the last process that made or imported a map of it has closed it or
 * ended (a copy that fork made does not count: a daemon opens after its fork); the kernel keeps it
 * as long as anybody has it mapped, also without a broker.
 *
 * Contract: NSPR 4.35's prshma.h and, where that is silent, what libnspr4 does on Linux (which has
 * only the second way). What differs: no file is made anywhere; descriptors do not get into
 * children by accident; a string is taken only for the very memory it was written for, where
 * libnspr4 maps whatever file bears its number. A call that fails sets the thread's last error
 * (prerror.h); what PR_GetOSError then gives stands in brackets.
 */
#ifndef PRSHM_PRSHMA_H
#define PRSHM_PRSHMA_H

#include "prio.h"
#include "prproces.h"
#include "prtypes.h"

PR_BEGIN_EXTERN_C

/* Bytes that any string of PR_ExportFileMapAsString fits into, with its NUL. */
#define PR_FILEMAP_STRING_BUFSIZE 128

/*
 * Makes memory, filled with zeros.
 *   dirName  not looked at, may be NULL (in NSPR: where to put a file)
 *   size     bytes, from 1; fixed for the memory's life
 *   prot     how it is mapped, here and by all who get it. Only of PR_PROT_READWRITE anything that
 *            is written is ever seen by another; of the other two nobody gets a descriptor that can
 *            write, root included
 * Returns a map that the caller owns, until PR_CloseFileMap. Or NULL:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  size is 0, or prot is no PRFileMapProtect
 *   PR_FILE_TOO_BIG_ERROR [EFBIG]       size is more than a segment may have
 *   PR_INSUFFICIENT_RESOURCES_ERROR [EDQUOT], PR_OUT_OF_MEMORY_ERROR [ENOMEM],
 *   PR_PROC_DESC_TABLE_FULL_ERROR [EMFILE], PR_CONNECT_REFUSED_ERROR,
 *   PR_IO_TIMEOUT_ERROR [ETIMEDOUT]     as for PR_OpenSharedMemory (prshm.h)
 */
NSPR_API(PRFileMap *)
PR_OpenAnonFileMap(const char *dirName, PRSize size, PRFileMapProtect prot);

/*
 * Names a map for the children that are created with attr. Others do not get it.
 *   attr     changed; keeps a descriptor of its own
 *   fm       stays the caller's, and may be closed before the child is created
 *   shmname  1 to 255 bytes, copied; a map that already has this name in attr is replaced
 * Returns PR_SUCCESS, or PR_FAILURE and attr is as it was:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]      an argument is NULL, or shmname empty
 *   PR_NAME_TOO_LONG_ERROR [ENAMETOOLONG]   shmname is longer than 255 bytes
 *   PR_PROC_DESC_TABLE_FULL_ERROR [EMFILE], PR_OUT_OF_MEMORY_ERROR [ENOMEM]
 */
NSPR_API(PRStatus)
PR_ProcessAttrSetInheritableFileMap(PRProcessAttr *attr, PRFileMap *fm, const char *shmname);

/*
 * The map of that name which this process's parent put into its attributes. Each can be had once:
 * it is handed over, not copied. What is never asked for stays open, and does not get into
 * children. A program in between that does not link this library, a shell say, passes it on.
 *   shmname  borrowed for the call
 * Returns a map that the caller owns, until PR_CloseFileMap; or NULL:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  shmname is NULL
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]    nothing was inherited by that name, or it was asked for
 *                                       before; or this is a setuid program
 */
NSPR_API(PRFileMap *) PR_GetInheritedFileMap(const char *shmname);

/*
 * Writes the string that lets a child have the map. From then on every program that this process
 * starts by means of its own inherits the map's descriptor; PR_CreateProcess does not pass it on.
 *   fm       stays the caller's; keep it open until the child has imported the string
 *   bufsize  bytes of buf; PR_FILEMAP_STRING_BUFSIZE is enough
 *   buf      gets the string, FD:PROT:INODE:TOKEN, and a NUL. The token is a secret: another
 *            process of this user that learns it can have the memory
 * Returns PR_SUCCESS, or PR_FAILURE and buf is untouched:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]    fm or buf is NULL
 *   PR_BUFFER_OVERFLOW_ERROR [EOVERFLOW]  bufsize is too small (libnspr4 cuts the string off)
 */
NSPR_API(PRStatus) PR_ExportFileMapAsString(PRFileMap *fm, PRSize bufsize, char *buf);

/*
 * The map that a string stands for: over the inherited descriptor, if that is the very memory; else
 * the broker is asked with the token, which it answers to the creator's user only, and only while
 * some process holds a map of it.
 *   fmstring  of PR_ExportFileMapAsString, unchanged; borrowed for the call
 * Returns a map that the caller owns, until PR_CloseFileMap. The inherited descriptor then is the
 * map's own, and no longer passed on to children. Or NULL, and no descriptor is touched:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  fmstring is NULL, or no such string
 *   PR_FILE_NOT_FOUND_ERROR [ENOENT]    the memory is gone, or another user's
 *   PR_NO_ACCESS_RIGHTS_ERROR [EACCES]  it says PR_PROT_READWRITE of memory that nobody may write
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM], PR_PROC_DESC_TABLE_FULL_ERROR [EMFILE],
 *   PR_CONNECT_REFUSED_ERROR, PR_IO_TIMEOUT_ERROR [ETIMEDOUT]   as for PR_OpenAnonFileMap
 */
NSPR_API(PRFileMap *) PR_ImportFileMapFromString(const char *fmstring);

PR_END_EXTERN_C

#endif
