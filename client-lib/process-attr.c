/* SPDX-License-Identifier: MIT */
/* PRProcessAttr: a directory, and maps by name, for a child. */
#include "client-lib/process-attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-lib/failure.h"
#include "include/prshma.h"

PRProcessAttr *PR_NewProcessAttr(void)
{
	PRProcessAttr *attr = calloc(1, sizeof(*attr));

	if (attr)
		TAILQ_INIT(&attr->maps);
	else
		failure_set(-ENOMEM);
	return attr;
}

void PR_ResetProcessAttr(PRProcessAttr *attr)
{
	if (!attr)
		return;
	inherit_clear(&attr->maps);
	free(attr->directory);
	attr->directory = NULL;
	memset(attr->streams, 0, sizeof(attr->streams));
}

void PR_ProcessAttrSetStdioRedirect(PRProcessAttr *attr, int stream, PRFileDesc *desc)
{
	if (attr && stream >= 0 && stream < STREAMS)
		attr->streams[stream] = desc;
}

PRStatus PR_ProcessAttrSetInheritableFD(PRProcessAttr *attr, PRFileDesc *desc, const char *name)
{
	(void)attr;
	(void)desc;
	(void)name;
	PR_SetError(PR_NOT_IMPLEMENTED_ERROR, 0);
	return PR_FAILURE;
}

void PR_DestroyProcessAttr(PRProcessAttr *attr)
{
	PR_ResetProcessAttr(attr);
	free(attr);
}

PRStatus PR_ProcessAttrSetCurrentDirectory(PRProcessAttr *attr, const char *directory)
{
	char *copy = attr && directory ? strdup(directory) : NULL;

	if (!copy) {
		failure_set(attr && directory ? -ENOMEM : -EINVAL);
		return PR_FAILURE;
	}
	free(attr->directory);
	attr->directory = copy;
	return PR_SUCCESS;
}

static int put_duplicate(PRProcessAttr *attr, PRFileMap *map, const char *name)
{
	PRFileMap *duplicate;
	int outcome;

	if (!attr || !map || !name || !*name)
		return -EINVAL;
	if (strlen(name) > INHERIT_NAME_MAX)
		return STATUS_NAME_TOO_LONG;
	outcome = filemap_duplicate(map, &duplicate);
	if (outcome != 0)
		return outcome;
	outcome = inherit_put(&attr->maps, name, duplicate);
	if (outcome != 0)
		filemap_free(duplicate);
	return outcome;
}

PRStatus PR_ProcessAttrSetInheritableFileMap(PRProcessAttr *attr, PRFileMap *map, const char *name)
{
	int outcome;

	if (map && !filemap_is_own(map)) { /* as libnspr4 */
		PR_SetError(PR_NOT_IMPLEMENTED_ERROR, 0);
		return PR_FAILURE;
	}
	outcome = put_duplicate(attr, map, name);
	if (outcome == 0)
		return PR_SUCCESS;
	failure_set(outcome);
	return PR_FAILURE;
}
