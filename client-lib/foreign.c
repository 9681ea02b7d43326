/* SPDX-License-Identifier: MIT */
/* libnspr4 behind this library in one process. */
#include "client-lib/foreign.h"

#include <dlfcn.h>
#include <errno.h>

/* Looked up at each call: these are rare, and libnspr4 may come late. POSIX's way around C. */
#define FIND(function, name) (*(void **)&(function) = dlsym(RTLD_NEXT, (name)))

static void fail(void)
{
	PR_SetError(PR_INVALID_ARGUMENT_ERROR, EINVAL);
}

PRStatus foreign_close_map(PRFileMap *map)
{
	PRStatus (*close_map)(PRFileMap *);

	if (FIND(close_map, "PR_CloseFileMap"))
		return close_map(map);
	fail();
	return PR_FAILURE;
}

void *foreign_map_memory(PRFileMap *map, PROffset64 offset, PRUint32 length)
{
	void *(*map_memory)(PRFileMap *, PROffset64, PRUint32);

	if (FIND(map_memory, "PR_MemMap"))
		return map_memory(map, offset, length);
	fail();
	return NULL;
}

PRStatus foreign_export_map(PRFileMap *map, PRSize size, char *buffer)
{
	PRStatus (*export_map)(PRFileMap *, PRSize, char *);

	if (FIND(export_map, "PR_ExportFileMapAsString"))
		return export_map(map, size, buffer);
	fail();
	return PR_FAILURE;
}

PRFileMap *foreign_import_map(const char *string)
{
	PRFileMap *(*import_map)(const char *);

	if (FIND(import_map, "PR_ImportFileMapFromString"))
		return import_map(string);
	fail();
	return NULL;
}

int foreign_descriptor(PRFileDesc *desc)
{
	int (*descriptor)(PRFileDesc *);

	return FIND(descriptor, "PR_FileDesc2NativeHandle") ? descriptor(desc) : -1;
}

const char *foreign_error_name(PRErrorCode code)
{
	const char *(*name)(PRErrorCode);

	return FIND(name, "PR_ErrorToName") ? name(code) : NULL;
}

const char *foreign_error_text(PRErrorCode code, PRLanguageCode language)
{
	const char *(*text)(PRErrorCode, PRLanguageCode);

	/* By its name, for libnspr4 has a text for each number. */
	return foreign_error_name(code) && FIND(text, "PR_ErrorToString") ? text(code, language)
									  : NULL;
}
