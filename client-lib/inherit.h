/* SPDX-License-Identifier: MIT */
/*
 * NSPR's first protocol: maps by name, from a parent's process attributes to its child. The child
 * inherits the descriptors, and finds their names in a variable of the environment:
 *
 *	PRSHM_INHERITED=HEXNAME:FD:PROT:INODE:TOKEN,...
 *
 * HEXNAME is two hexadecimal digits a byte of the name; the rest is a string of
 * filemap_string_write.
 */
#ifndef PRSHM_CLIENT_INHERIT_H
#define PRSHM_CLIENT_INHERIT_H

#include "client-lib/filemap.h"

#define INHERIT_VARIABLE "PRSHM_INHERITED"
#define INHERIT_NAME_MAX 255 /* bytes, without the NUL */

struct named_map {
	PRFileMap *map;                 /* owned */
	TAILQ_ENTRY(named_map) in_list; /* PRProcessAttr::maps, or inherited in inherit-child.c */
	char name[];
};
TAILQ_HEAD(named_maps, named_map);

/* Adds a map, and frees the map that had the name. The list then owns the map. 0 or -ENOMEM. */
int inherit_put(struct named_maps *list, const char *name, PRFileMap *map);
/* Takes the map out of the list; NULL: there is none of that name. */
PRFileMap *inherit_take(struct named_maps *list, const char *name);
void inherit_clear(struct named_maps *list);

/*
 * The environment of a child: envp (NULL: this process's), with the variable replaced by one for
 * the list, or removed if the list is empty. *out is one allocation, and borrows envp's strings. 0
 * or -ENOMEM.
 */
int inherit_environment(const struct named_maps *list, char *const *envp, char ***out);

/*
 * Adopts the descriptors that a value of the variable names and that this process did inherit.
 * False: inherit_environment does not write such a value; nothing was touched.
 */
bool inherit_read(const char *value, struct named_maps *list);

#endif
