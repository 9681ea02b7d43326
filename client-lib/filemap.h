/* SPDX-License-Identifier: MIT */
/*
 * PRFileMap, and the list of all of them in this process: those the program has, those it put into
 * process attributes, and those it inherited and has not asked for. The list knows which
 * descriptors are ours (no two maps may own one number) and which of them go through an exec.
 */
#ifndef PRSHM_CLIENT_FILEMAP_H
#define PRSHM_CLIENT_FILEMAP_H

#include <spawn.h>
#include <sys/queue.h>

#include "client-lib/filemap-memory.h"

struct PRFileMap {
	struct memory memory;
	bool exported;                /* its descriptor is not CLOEXEC */
	LIST_ENTRY(PRFileMap) in_all; /* all of filemap.c */
};

/*
 * Around fork, and around whatever looks at a descriptor first and then acts on it. Never held
 * while the broker is asked.
 */
void filemaps_lock(void);
void filemaps_unlock(void);

/*
 * Makes a map of what came by inheritance: owns that descriptor, CLOEXEC from now on, or a
 * duplicate if another map owns it. 0, NOT_FOUND and -EACCES as memory_check, or another negative
 * errno; and then the descriptor is as it was.
 */
int filemap_adopt(const struct reference *reference, PRFileMap **out);

/* The same by the token. */
int filemap_redeem(const struct reference *reference, PRFileMap **out);

/* Another map of the same memory, which the broker does not count. 0 or a negative errno. */
int filemap_duplicate(const PRFileMap *map, PRFileMap **out);

/* Lets the descriptor through an exec from now on. */
void filemap_export(PRFileMap *map);

/* NULL is fine. Mappings stay. */
void filemap_free(PRFileMap *map);

/* Closes in a child to be spawned what is exported. Locked by the caller, until it has spawned. */
int filemaps_add_closes(posix_spawn_file_actions_t *actions);

#endif
