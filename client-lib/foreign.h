/* SPDX-License-Identifier: MIT */
/*
 * libnspr4 behind this library in one process (NSS brings libnspr4 in). A program's call then comes
 * here if this library has a function of that name, and goes to libnspr4 if not: PR_CreateFileMap
 * is libnspr4's, PR_CloseFileMap is this library's. So a function that takes an object which either
 * may have made hands libnspr4's objects on to libnspr4.
 *
 * PRFileMap: either makes it; filemap_is_own tells which did. PRProcessAttr: this library makes
 * each, and has all functions that take it. PRProcess, PRSharedMemory: likewise. An error code:
 * libnspr4 knows the codes of tables that were installed there.
 */
#ifndef PRSHM_CLIENT_FOREIGN_H
#define PRSHM_CLIENT_FOREIGN_H

#include "include/prerror.h"
#include "include/prshma.h"

/* As the calls of these names; PR_INVALID_ARGUMENT_ERROR if there is no libnspr4. */
PRStatus foreign_close_map(PRFileMap *map);
void *foreign_map_memory(PRFileMap *map, PROffset64 offset, PRUint32 length);
PRStatus foreign_export_map(PRFileMap *map, PRSize size, char *buffer);
PRFileMap *foreign_import_map(const char *string);

/* The number of a descriptor of NSPR's; -1: there is no libnspr4. */
int foreign_descriptor(PRFileDesc *desc);

/* NULL: there is no libnspr4, or none of its tables has the code. */
const char *foreign_error_name(PRErrorCode code);
const char *foreign_error_text(PRErrorCode code, PRLanguageCode language);

#endif
