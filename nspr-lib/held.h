/* SPDX-License-Identifier: MIT */
/*
 * The anonymous memory of this process. A map is known by the number of its descriptor: NSPR tells
 * nothing else of a PRFileMap. This header is the border inside the library. Files on one side talk
 * to the broker and include our headers; files on the other side talk to libnspr4 and include
 * NSPR's. Both kinds of headers define PRStatus and other types, so no file can include both.
 *
 * Several threads may call these functions. A child of fork goes on with its copy. A call that can
 * fail returns 0, an enum status or a negative errno: pass that to held_fail. prot is NSPR's
 * PRFileMapProtect.
 */
#ifndef PRSHM_NSPR_HELD_H
#define PRSHM_NSPR_HELD_H

#include <stdbool.h>
#include <stddef.h>

#define HELD_NAME_MAX    255 /* bytes of a program's own name for a map */
#define HELD_STRING_SIZE 128 /* as PR_FILEMAP_STRING_BUFSIZE */
#define HELD_ENTRY_SIZE  640 /* bytes of the longest entry, and more */

/*
 * held_make: new memory. held_import: the memory that a string of protocol two tells. held_inherit:
 * the memory of an entry of protocol one; inherited is all of NSPR_INHERIT_FDS. After 0 the caller
 * owns *fd. The descriptor is CLOEXEC and of no other map. held_import may return the descriptor of
 * the string.
 */
int held_make(size_t size, int prot, int *fd);
int held_import(const char *string, int *fd, int *prot);
int held_inherit(const char *inherited, const char *name, int *fd, int *prot);

/*
 * The string of a map, in protocol two and in protocol one. False: the descriptor is not of a map.
 */
bool held_string(int fd, char string[HELD_STRING_SIZE]);
bool held_entry(int fd, const char *name, char entry[HELD_ENTRY_SIZE]);

/*
 * Forgets the map, and tells the broker. The caller closes the descriptor between the two calls, so
 * that no thread imports a number that is about to be closed. *is_open: the descriptor is still the
 * map's. Otherwise the program has closed the descriptor itself, and the number may be another
 * file's by now.
 */
struct held *held_begin_close(int fd, bool *is_open);
void held_end_close(struct held *held);

/* Sets the thread's last error in libnspr4. */
void held_fail(int outcome);

#endif
