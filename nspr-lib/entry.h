/* SPDX-License-Identifier: MIT */
/*
 * Protocol one's text: a name in NSPR_INHERIT_FDS, whose entries are NAME:TYPE:DESCRIPTOR:NAME:...
 *
 *	prshm-map.776f726473.7.1.4711.00112233445566778899aabbccddeeff
 *
 * The program's own name for the map as two hexadecimal digits a byte, for it may have a colon in
 * it, then a string of filemap-string.h, with dots.
 */
#ifndef PRSHM_NSPR_ENTRY_H
#define PRSHM_NSPR_ENTRY_H

#include <stdbool.h>

#include "client-lib/filemap-string.h"
#include "nspr-lib/held.h"

/* name: 1 to HELD_NAME_MAX bytes. */
void entry_write(const char *name, const char *string, char entry[HELD_ENTRY_SIZE]);

/*
 * The string in the last entry of that name, which replaced those before it. False: there is none.
 * Whether it is a string is not looked at.
 */
bool entry_find(const char *inherited, const char *name, char string[FILEMAP_STRING_SIZE]);

#endif
