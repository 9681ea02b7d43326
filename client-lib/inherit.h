/* SPDX-License-Identifier: MIT */
/*
 * NSPR's first protocol: maps by name, from a parent's process attributes to its child. They travel
 * as descriptors, and the names in a variable of the environment:
 *
 *	PRSHM_INHERITED=HEXNAME:FD:PROT:INODE:TOKEN,...
 *
 * HEXNAME is two hexadecimal digits a byte of the name; the rest as in filemap-string.h.
 */
#ifndef PRSHM_CLIENT_INHERIT_H
#define PRSHM_CLIENT_INHERIT_H

#include "client-lib/filemap.h"

#define INHERIT_VARIABLE "PRSHM_INHERITED"
#define INHERIT_NAME_MAX 255 /* bytes, without the NUL */

struct named_map {
	PRFileMap *map;                 /* owned */
	TAILQ_ENTRY(named_map) in_list; /* of process attributes, or what was inherited */
	char name[];
};
TAILQ_HEAD(named_maps, named_map);

/* Adds a map under a name, and frees the one that had it. The list then owns the map. -ENOMEM. */
int inherit_put(struct named_maps *list, const char *name, PRFileMap *map);
/* Takes one out, NULL if there is none. */
PRFileMap *inherit_take(struct named_maps *list, const char *name);
void inherit_clear(struct named_maps *list);

/*
 * The environment of a child: envp (NULL: this process's) without the variable, and with it anew if
 * the list is not empty. *out is one allocation, which borrows envp's strings. -ENOMEM.
 */
int inherit_environment(const struct named_maps *list, char *const *envp, char ***out);

/*
 * Adopts what a value of the variable names, except what this process did not really inherit.
 * False: not a value that inherit_environment writes; nothing was touched.
 */
bool inherit_read(const char *value, struct named_maps *list);

#endif
