/* SPDX-License-Identifier: MIT */
/*
 * NSPR's second protocol: a map as a string, which the program passes to its child. If the child
 * did not inherit the descriptor, the child asks the broker by the token in the string.
 */
#include <errno.h>
#include <string.h>

#include "client-lib/failure.h"
#include "client-lib/filemap.h"
#include "client-lib/foreign.h"
#include "include/prshma.h"

PRStatus PR_ExportFileMapAsString(PRFileMap *map, PRSize size, char *buffer)
{
	char text[FILEMAP_STRING_SIZE];
	size_t length;
	int outcome;

	if (!map || !buffer) {
		failure_set(-EINVAL);
		return PR_FAILURE;
	}
	if (!filemap_is_own(map))
		return foreign_export_map(map, size, buffer);
	length = filemap_string_write(&map->memory.reference, text);
	if (length >= size) {
		PR_SetError(PR_BUFFER_OVERFLOW_ERROR, EOVERFLOW);
		return PR_FAILURE;
	}
	outcome = filemap_export(map);
	if (outcome != 0) {
		failure_set(outcome);
		return PR_FAILURE;
	}
	memcpy(buffer, text, length + 1);
	return PR_SUCCESS;
}

PRFileMap *PR_ImportFileMapFromString(const char *string)
{
	struct reference reference;
	PRFileMap *map = NULL;
	int outcome = -EINVAL;

	if (string && !filemap_string_read(string, &reference))
		return foreign_import_map(string);
	if (string) {
		outcome = filemap_adopt(&reference, &map);
		if (outcome == 0)
			memory_count(&map->memory);
		else if (outcome == STATUS_NOT_FOUND)
			outcome = filemap_redeem(&reference, &map);
	}
	if (outcome != 0)
		failure_set(outcome);
	return map;
}
