/* SPDX-License-Identifier: MIT */
/*
 * The anonymous memory of this process, by the numbers of its descriptors, which is all that NSPR
 * tells of a PRFileMap. This header is the border of the library: on one side is what talks to the
 * broker, compiled with our headers, on the other what talks to libnspr4, compiled with NSPR's;
 * both define PRStatus and its kin, so that no file can include both.
 *
 * Safe to use from several threads, and a child of fork goes on with its copy. Calls that can fail
 * return 0, an enum status or a negative errno, for held_fail. prot is NSPR's PRFileMapProtect.
 */
#ifndef PRSHM_NSPR_HELD_H
#define PRSHM_NSPR_HELD_H

#include <stdbool.h>
#include <stddef.h>

#define HELD_NAME_MAX    255 /* bytes of a program's own name for a map */
#define HELD_STRING_SIZE 128 /* as PR_FILEMAP_STRING_BUFSIZE */
#define HELD_ENTRY_SIZE  640 /* bytes of the longest entry, and more */

/*
 * Memory that is made, that a string of protocol two stands for, or that an entry of protocol one
 * does, by its name in the whole of NSPR_INHERIT_FDS. After 0 the caller owns *fd, which is CLOEXEC
 * and no other map's; held_import may have taken the very descriptor that the string names.
 */
int held_make(size_t size, int prot, int *fd);
int held_import(const char *string, int *fd, int *prot);
int held_inherit(const char *inherited, const char *name, int *fd, int *prot);

/* What stands for it, in protocol two and in protocol one. False: the descriptor is none of ours.
 */
bool held_string(int fd, char string[HELD_STRING_SIZE]);
bool held_entry(int fd, const char *name, char entry[HELD_ENTRY_SIZE]);

/*
 * Forgets the map, and tells the broker. The caller closes the descriptor between the two, so that
 * nobody can import a number that is about to be closed. *is_open: the descriptor is still the map's;
 * else the program has closed it, and its number may be another file's by now.
 */
struct held *held_begin_close(int fd, bool *is_open);
void held_end_close(struct held *held);

/* Sets the thread's last error: libnspr4's. */
void held_fail(int outcome);

#endif
