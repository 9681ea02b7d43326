/* SPDX-License-Identifier: MIT */
/*
 * The text of protocol one. NSPR_INHERIT_FDS has entries NAME:TYPE:DESCRIPTOR:NAME:... This library
 * puts all it needs into NAME:
 *
 *	prshm-map.776f726473.7.1.4711.00112233445566778899aabbccddeeff
 *
 * The first part is the program's own name for the map. Each byte is two hexadecimal digits, as the
 * name may contain a colon. The rest is a string of filemap-string.h, with dots instead of colons.
 */
#ifndef PRSHM_NSPR_ENTRY_H
#define PRSHM_NSPR_ENTRY_H

#include <stdbool.h>

#include "client-lib/filemap-string.h"
#include "nspr-lib/held.h"

/* name: 1 to HELD_NAME_MAX bytes. */
void entry_write(const char *name, const char *string, char entry[HELD_ENTRY_SIZE]);

/*
 * Copies the string of the last entry with that name: a later entry replaces earlier ones. False:
 * there is no such entry. The caller checks that the string is valid.
 */
bool entry_find(const char *inherited, const char *name, char string[FILEMAP_STRING_SIZE]);

#endif
