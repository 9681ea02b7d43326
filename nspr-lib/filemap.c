/* SPDX-License-Identifier: MIT */
/*
 * NSPR's anonymous memory and its second protocol, over the broker. A map that is made here is also
 * a map of libnspr4, so the rest of NSPR works with the map. Maps that libnspr4 made are left to
 * libnspr4.
 */
#include <prshma.h>

#include <errno.h>
#include <fcntl.h>
#include <prerror.h>
#include <string.h>

#include "nspr-lib/held.h"
#include "nspr-lib/next.h"
#include "nspr-lib/owning-map.h"

/* No file is made, so dirName is ignored. */
PRFileMap *PR_OpenAnonFileMap(const char *dirName, PRSize size, PRFileMapProtect prot)
{
	int outcome = -EINVAL;
	int fd;

	(void)dirName;
	if (prot == PR_PROT_READONLY || prot == PR_PROT_READWRITE || prot == PR_PROT_WRITECOPY)
		outcome = held_make(size, (int)prot, &fd);
	if (outcome != 0) {
		held_fail(outcome);
		return NULL;
	}
	return owning_map_new(fd, prot);
}

PRStatus PR_ExportFileMapAsString(PRFileMap *fm, PRSize bufsize, char *buf)
{
	char string[HELD_STRING_SIZE];
	int fd;

	if (!fm || !buf) {
		held_fail(-EINVAL);
		return PR_FAILURE;
	}
	fd = next_descriptor(fm);
	if (fd < 0 || !held_string(fd, string))
		return next_export(fm, bufsize, buf);
	if (strlen(string) >= bufsize) {
		PR_SetError(PR_BUFFER_OVERFLOW_ERROR, EOVERFLOW);
		return PR_FAILURE;
	}
	/*
	 * From here on the descriptor stays inheritable, for the children that the program starts.
	 */
	fcntl(fd, F_SETFD, 0);
	strcpy(buf, string);
	return PR_SUCCESS;
}

PRFileMap *PR_ImportFileMapFromString(const char *fmstring)
{
	int outcome;
	int prot;
	int fd;

	if (fmstring && next_is_string(fmstring, &fd))
		return next_import(fmstring);
	outcome = fmstring ? held_import(fmstring, &fd, &prot) : -EINVAL;
	if (outcome != 0) {
		held_fail(outcome);
		return NULL;
	}
	return owning_map_new(fd, (PRFileMapProtect)prot);
}
