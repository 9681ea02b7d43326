/* SPDX-License-Identifier: MIT */
/*
 * PRFileMap, and the list of all maps of this process: the program's, those in process attributes,
 * and inherited ones that the program has not asked for. The list makes sure that no two maps own
 * one descriptor, and tells PR_CreateProcess which descriptors an exec would pass on.
 */
#ifndef PRSHM_CLIENT_FILEMAP_H
#define PRSHM_CLIENT_FILEMAP_H

#include <bsd/sys/queue.h>
#include <spawn.h>

#include "client-lib/filemap-memory.h"

struct PRFileMap {
	const void *maker; /* &filemap_maker: see filemap_is_own */
	struct memory memory;
	bool exported;                /* its descriptor is not CLOEXEC */
	unsigned int list;            /* lists of filemap.c, when this map was put into all */
	LIST_ENTRY(PRFileMap) in_all; /* all of filemap.c */
};

/* Whether this library made the map. The first word of libnspr4's maps points to something else. */
extern const char filemap_maker;

static inline bool filemap_is_own(const PRFileMap *map)
{
	return map->maker == &filemap_maker;
}

/*
 * Around code that looks at a descriptor and then acts on the descriptor. Never held during a call
 * to the broker.
 */
void filemaps_lock(void);
void filemaps_unlock(void);

/*
 * Makes a map of an inherited descriptor: the map owns that descriptor, CLOEXEC from now on, or a
 * duplicate if another map owns the descriptor. 0; outcomes of memory_check; or another negative
 * errno. On failure the descriptor is as it was.
 */
int filemap_adopt(const struct reference *reference, PRFileMap **out);

/* Makes a map of the memory that the token stands for. */
int filemap_redeem(const struct reference *reference, PRFileMap **out);

/* Another map of the same memory, without a handle of the broker. 0 or a negative errno. */
int filemap_duplicate(const PRFileMap *map, PRFileMap **out);

/* Makes the descriptor survive an exec. 0 or -EBADF: the program has closed it. */
int filemap_export(PRFileMap *map);

/* Takes NULL. Mappings stay. */
void filemap_free(PRFileMap *map);

/* Closes exported descriptors in the child. The caller holds the lock until the child runs. */
int filemaps_add_closes(posix_spawn_file_actions_t *actions);

#endif
