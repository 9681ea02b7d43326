/* SPDX-License-Identifier: MIT */
/* PRFileMap: making and freeing one, and the list of all. */
#include "client-lib/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client-lib/failure.h"
#include "client-lib/foreign.h"
#include "client-lib/guard.h"
#include "include/prshma.h"

const char filemap_maker;

static LIST_HEAD(, PRFileMap) all = LIST_HEAD_INITIALIZER(all);
static unsigned int lists; /* how many lists were given up in copies of the process */

static void renew(bool broken)
{
	if (!broken)
		return;
	LIST_INIT(&all);
	lists++;
}

GUARD(guard, renew);

void filemaps_lock(void)
{
	guard_lock(&guard);
}

void filemaps_unlock(void)
{
	guard_unlock(&guard);
}

static PRFileMap *new_map(void)
{
	PRFileMap *map = calloc(1, sizeof(*map));

	if (map)
		map->maker = &filemap_maker;
	return map;
}

static void insert(PRFileMap *map)
{
	map->list = lists;
	LIST_INSERT_HEAD(&all, map, in_all);
}

static void add(PRFileMap *map)
{
	filemaps_lock();
	insert(map);
	filemaps_unlock();
}

static bool is_owned(int fd)
{
	const PRFileMap *map;

	LIST_FOREACH(map, &all, in_all) {
		if (map->memory.reference.fd == fd)
			return true;
	}
	return false;
}

/* Above standard input, output and error, even if the program has closed these. */
static int duplicate_fd(int fd)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return duplicate < 0 ? -errno : duplicate;
}

static int take_fd(int fd)
{
	if (is_owned(fd))
		return duplicate_fd(fd);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : fd;
}

int filemap_adopt(const struct reference *reference, PRFileMap **out)
{
	PRFileMap *map = new_map();
	int outcome;

	if (!map)
		return -ENOMEM;
	map->memory.reference = *reference;
	filemaps_lock();
	outcome = memory_check(reference, &map->memory.size);
	if (outcome == 0) {
		map->memory.reference.fd = take_fd(reference->fd);
		outcome = map->memory.reference.fd < 0 ? map->memory.reference.fd : 0;
	}
	if (outcome == 0)
		insert(map);
	filemaps_unlock();
	if (outcome != 0)
		free(map);
	else
		*out = map;
	return outcome;
}

int filemap_redeem(const struct reference *reference, PRFileMap **out)
{
	PRFileMap *map = new_map();
	int outcome = map ? memory_redeem(reference, &map->memory) : -ENOMEM;

	if (outcome != 0) {
		free(map);
		return outcome;
	}
	add(map);
	*out = map;
	return 0;
}

int filemap_duplicate(const PRFileMap *map, PRFileMap **out)
{
	PRFileMap *duplicate = new_map();
	int fd = duplicate ? -EBADF : -ENOMEM;

	if (duplicate && memory_is_own(&map->memory))
		fd = duplicate_fd(map->memory.reference.fd);
	if (fd < 0) {
		free(duplicate);
		return fd;
	}
	duplicate->memory.reference = map->memory.reference;
	duplicate->memory.reference.fd = fd;
	duplicate->memory.size = map->memory.size;
	add(duplicate);
	*out = duplicate;
	return 0;
}

int filemap_export(PRFileMap *map)
{
	bool is_own;

	filemaps_lock();
	is_own = memory_is_own(&map->memory);
	if (is_own) {
		map->exported = true;
		fcntl(map->memory.reference.fd, F_SETFD, 0);
	}
	filemaps_unlock();
	return is_own ? 0 : -EBADF;
}

/*
 * Closes under the lock: no other thread must adopt a descriptor that is about to be closed. If the
 * program has closed the descriptor, a newer map of the same memory may have the number: that map
 * closes it.
 */
void filemap_free(PRFileMap *map)
{
	if (!map)
		return;
	filemaps_lock();
	if (map->list == lists)
		LIST_REMOVE(map, in_all);
	if (memory_is_own(&map->memory) && !is_owned(map->memory.reference.fd))
		close(map->memory.reference.fd);
	filemaps_unlock();
	memory_forget(&map->memory);
	free(map);
}

int filemaps_add_closes(posix_spawn_file_actions_t *actions)
{
	const PRFileMap *map;
	int error = 0;

	LIST_FOREACH(map, &all, in_all) {
		if (map->exported && error == 0 && memory_is_own(&map->memory))
			error = posix_spawn_file_actions_addclose(
				actions, map->memory.reference.fd);
	}
	return -error;
}

static bool is_protection(PRFileMapProtect protection)
{
	return protection == PR_PROT_READONLY || protection == PR_PROT_READWRITE ||
	       protection == PR_PROT_WRITECOPY;
}

PRFileMap *PR_OpenAnonFileMap(const char *directory, PRSize size, PRFileMapProtect protection)
{
	PRFileMap *map = new_map();
	int outcome = map ? 0 : -ENOMEM;

	(void)directory; /* there is no file */
	if (outcome == 0)
		outcome = is_protection(protection) ? memory_make(size, protection, &map->memory)
						    : -EINVAL;
	if (outcome != 0) {
		free(map);
		failure_set(outcome);
		return NULL;
	}
	add(map);
	return map;
}

PRStatus PR_CloseFileMap(PRFileMap *map)
{
	if (!map) {
		failure_set(-EINVAL);
		return PR_FAILURE;
	}
	if (!filemap_is_own(map))
		return foreign_close_map(map);
	filemap_free(map);
	return PR_SUCCESS;
}
