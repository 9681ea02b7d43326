/* SPDX-License-Identifier: MIT */
/*
 * Mapping memory: the part of NSPR's prio.h that shared memory needs.
 *
 *	PRFileMap *map = PR_OpenAnonFileMap(NULL, 65536, PR_PROT_READWRITE);
 *	char *memory = map != NULL ? PR_MemMap(map, 0, 65536) : NULL;
 *	...
 *	PR_MemUnmap(memory, 65536);
 *	PR_CloseFileMap(map);
 *
 * Contract: NSPR 4.35's prio.h and what libnspr4 does on Linux; what differs is said below. A
 * PRFileMap comes from the calls of prshma.h only: there are no files here, so a PRFileDesc is a
 * name without a body. A call that fails sets the thread's last error (prerror.h); what
 * PR_GetOSError then gives stands in brackets. Several threads may make these calls at once, but
 * none may use a map that another is closing.
 */

/* Where NSPR's own headers are searched too, its prio.h is the one: it has more than this one. */
#ifdef __has_include
#if __has_include(<prcpucfg.h>)
#if __has_include_next(<prio.h>)
#include_next <prio.h>
#else
#include <prio.h>
#endif
#ifndef PRSHM_PRIO_H
#define PRSHM_PRIO_H
#endif
#endif
#endif

#ifndef PRSHM_PRIO_H
#define PRSHM_PRIO_H

#include "prtypes.h"

PR_BEGIN_EXTERN_C

typedef struct PRFileDesc PRFileDesc;
typedef struct PRFileMap PRFileMap;

typedef enum PRFileMapProtect {
	PR_PROT_READONLY,  /* to read; mprotect(2) cannot change that */
	PR_PROT_READWRITE, /* to read and write, and all see what is written */
	PR_PROT_WRITECOPY  /* to read and write, and each mapping keeps its writes to itself */
} PRFileMapProtect;

/*
 * The bytes of which an offset must be a multiple: the size of a page. No errors.
 */
NSPR_API(PRInt32) PR_GetMemMapAlignment(void);

/*
 * Maps a part of the memory. Each call gives one more mapping, at an address of its own.
 *   fmap    a map; stays the caller's
 *   offset  of the part, in bytes: from 0, a multiple of PR_GetMemMapAlignment(). All 64 bits count
 *   len     bytes of the part, from 1. It may end in the memory's last page, but not beyond it
 *           (libnspr4 maps what lies beyond, and who touches it dies of SIGBUS)
 * Returns the mapping's first byte. It stays, whatever becomes of the map, until PR_MemUnmap or the
 * end of the process. Or NULL:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  fmap is NULL; offset or len are not as said
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]     no memory, or too many mappings (vm.max_map_count)
 */
NSPR_API(void *) PR_MemMap(PRFileMap *fmap, PROffset64 offset, PRUint32 len);

/*
 * Unmaps whole pages, as munmap(2) does: those of one mapping, or a part of it.
 *   addr  at a page boundary
 *   len   bytes, from 1; rounded up to whole pages
 * Returns PR_SUCCESS, or PR_FAILURE and nothing is unmapped:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  addr is NULL or no page boundary; len is 0
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]     it would cut a mapping in two, and there are too many
 */
NSPR_API(PRStatus) PR_MemUnmap(void *addr, PRUint32 len);

/*
 * Gives a map back. Its mappings stay, and so do other processes'. What is in the memory is gone
 * with the last mapping and the last map.
 *   fmap  a map; no longer one afterwards
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  fmap is NULL
 */
NSPR_API(PRStatus) PR_CloseFileMap(PRFileMap *fmap);

/*
 * Writes mapped pages to their file, as msync(2) does. Shared memory has none: this succeeds where
 * the pages are mapped, and does nothing.
 *   fd    not looked at
 *   addr  at a page boundary
 *   len   bytes
 * Returns PR_SUCCESS, or PR_FAILURE:
 *   PR_INVALID_ARGUMENT_ERROR [EINVAL]  addr is no page boundary
 *   PR_OUT_OF_MEMORY_ERROR [ENOMEM]     not all of it is mapped
 */
NSPR_API(PRStatus) PR_SyncMemMap(PRFileDesc *fd, void *addr, PRUint32 len);

PR_END_EXTERN_C

#endif
