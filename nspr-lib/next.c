/* SPDX-License-Identifier: MIT */
/*
 * libnspr4's own versions of the calls that this library overrides: the next ones in the order of
 * libraries. This library needs libnspr4, so these calls are always there. If another build of
 * libnspr4 lacks one, this library does not crash.
 */
#include "nspr-lib/next.h"

#include <dlfcn.h>
#include <prerror.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct {
	atomic_bool is_found;
	PRStatus (*export_string)(PRFileMap *, PRSize, char *);
	PRFileMap *(*import_string)(const char *);
	PRStatus (*set_inheritable)(PRProcessAttr *, PRFileMap *, const char *);
} next;

/* C has no conversion of void * to a pointer to a function; POSIX, dlsym(3), shows this way. */
static void find_all(void)
{
	if (atomic_load(&next.is_found))
		return;
	*(void **)&next.export_string = dlsym(RTLD_NEXT, "PR_ExportFileMapAsString");
	*(void **)&next.import_string = dlsym(RTLD_NEXT, "PR_ImportFileMapFromString");
	*(void **)&next.set_inheritable = dlsym(RTLD_NEXT, "PR_ProcessAttrSetInheritableFileMap");
	atomic_store(&next.is_found, true);
}

/*
 * Runs before main, not by pthread_once(3) at the first call. If clone(2) copied the process during
 * such a call, the copy would wait for a thread that it does not have. Constructors of other
 * libraries may run before this one, and call.
 */
__attribute__((constructor)) static void find_early(void)
{
	find_all();
}

static PRStatus is_missing(void)
{
	PR_SetError(PR_FIND_SYMBOL_ERROR, 0);
	return PR_FAILURE;
}

PRStatus next_export(PRFileMap *map, PRSize size, char *buffer)
{
	find_all();
	return next.export_string ? next.export_string(map, size, buffer) : is_missing();
}

PRFileMap *next_import(const char *string)
{
	find_all();
	if (next.import_string)
		return next.import_string(string);
	is_missing();
	return NULL;
}

PRStatus next_set_inheritable(PRProcessAttr *attr, PRFileMap *map, const char *name)
{
	find_all();
	return next.set_inheritable ? next.set_inheritable(attr, map, name) : is_missing();
}

bool next_is_string(const char *string, int *fd)
{
	char again[PR_FILEMAP_STRING_BUFSIZE];
	int number;
	int prot;

	if (sscanf(string, "%d:%d", &number, &prot) != 2 || number < 0 || prot < 0 ||
		prot > PR_PROT_WRITECOPY)
		return false;
	snprintf(again, sizeof(again), "%d:%d", number, prot);
	if (strcmp(string, again) != 0)
		return false;
	*fd = number;
	return true;
}

int next_descriptor(PRFileMap *map)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	int fd = -1;

	if (next_export(map, sizeof(string), string) == PR_SUCCESS)
		next_is_string(string, &fd);
	return fd;
}
