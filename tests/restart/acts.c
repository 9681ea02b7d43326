/* SPDX-License-Identifier: MIT */
/* What clients do; acts.h has the list. */
#include "tests/restart/acts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "include/nspr.h"
#include "include/prshm-client.h"

#define NAME     "%63s"
#define OPEN_MAX 4096

/* What this process has open, the last one first. */
static struct opened {
	char name[64];
	PRSharedMemory *handle; /* NULL: it is a map */
	PRFileMap *map;
	char *memory;
} opened[OPEN_MAX];
static size_t opened_count;

/* Shared by all actors: what was exported last. */
static char *exported;

__attribute__((constructor)) static void map_exported(void)
{
	exported = mmap(NULL, PR_FILEMAP_STRING_BUFSIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (exported == MAP_FAILED)
		abort();
}

static struct opened *find(const char *name)
{
	for (size_t i = opened_count; i-- > 0;) {
		if (strcmp(opened[i].name, name) == 0)
			return &opened[i];
	}
	return NULL;
}

static long keep(const char *name, PRSharedMemory *handle, PRFileMap *map)
{
	struct opened *new = &opened[opened_count++];

	if (opened_count == OPEN_MAX)
		abort();
	snprintf(new->name, sizeof(new->name), "%s", name);
	new->handle = handle;
	new->map = map;
	new->memory = handle ? PR_AttachSharedMemory(handle, 0) : PR_MemMap(map, 0, 64);
	return new->memory ? 0 : PR_GetError();
}

long act_create(const char *text)
{
	struct prshm_options options = {.flags = PRSHM_CREATE | PRSHM_EXCL};
	char name[64];
	unsigned int mode = 0600;
	unsigned int lifetime = 0;
	PRSharedMemory *handle;
	enum prshm_result result;
	long failed;

	options.size = 4096;
	sscanf(text, NAME " %zu %o %u %u", name, &options.size, &mode, &lifetime, &options.linger);
	options.rights.mode = mode;
	options.lifetime = (enum prshm_lifetime)lifetime;
	result = prshm_open(name, &options, &handle);
	if (result != PRSHM_OK)
		return (long)result;
	failed = keep(name, handle, NULL);
	if (failed == 0)
		strcpy(find(name)->memory, name);
	return failed;
}

long act_open(const char *text)
{
	const struct prshm_options options = {0};
	PRSharedMemory *handle;
	const enum prshm_result result = prshm_open(text, &options, &handle);

	return result == PRSHM_OK ? keep(text, handle, NULL) : (long)result;
}

static PRStatus close_it(const struct opened *it)
{
	if (!it->handle)
		return PR_MemUnmap(it->memory, 64) == PR_SUCCESS ? PR_CloseFileMap(it->map)
								 : PR_FAILURE;
	if (PR_DetachSharedMemory(it->handle, it->memory) != PR_SUCCESS)
		return PR_FAILURE;
	return PR_CloseSharedMemory(it->handle);
}

long act_close(const char *text)
{
	struct opened *it = find(text);

	if (!it)
		return -1;
	if (close_it(it) != PR_SUCCESS)
		return PR_GetError();
	*it = opened[--opened_count];
	return 0;
}

long act_delete(const char *text)
{
	return PR_DeleteSharedMemory(text) == PR_SUCCESS ? 0 : PR_GetError();
}

long act_check(const char *text)
{
	const struct opened *it = find(text);

	return it ? strcmp(it->memory, text) == 0 : -1;
}

long act_holders(const char *text)
{
	struct prshm_segment stat;
	const enum prshm_result result = prshm_stat(text, &stat);

	return result == PRSHM_OK ? (long)stat.holders : -(long)result;
}

long act_set_rights(const char *text)
{
	struct prshm_rights rights = {0};
	struct prshm_entry *entry = &rights.entries[0];
	char name[64];
	unsigned int mode;

	if (sscanf(text, NAME " %o %u %u", name, &mode, &entry->id, &entry->rights) == 4)
		rights.entry_count = 1;
	entry->kind = PRSHM_USER;
	rights.mode = mode;
	return (long)prshm_set_rights(name, &rights);
}

long act_set_group(const char *text)
{
	char name[64];
	unsigned int group = 0;

	sscanf(text, NAME " %u", name, &group);
	return (long)prshm_set_owner(name, (uid_t)-1, group);
}

long act_may(const char *text)
{
	char name[64];
	unsigned int right = 0;
	bool allowed = false;
	enum prshm_result result;

	sscanf(text, NAME " %u", name, &right);
	result = prshm_explain(name, right, &allowed, NULL, 0);
	return result == PRSHM_OK ? allowed : -(long)result;
}

long act_export(const char *text)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, 4096, PR_PROT_READWRITE);
	const long failed = map ? keep(text, NULL, map) : PR_GetError();

	if (failed != 0)
		return failed;
	strcpy(find(text)->memory, text);
	return PR_ExportFileMapAsString(map, PR_FILEMAP_STRING_BUFSIZE, exported) == PR_SUCCESS
		       ? 0
		       : PR_GetError();
}

long act_import(const char *text)
{
	PRFileMap *map = PR_ImportFileMapFromString(exported);

	return map ? keep(text, NULL, map) : PR_GetError();
}

long act_nothing(const char *text)
{
	return *text == '\0' ? 0 : 1;
}

long act_ask(const char *text)
{
	struct prshm_segment stat;

	(void)text;
	return prshm_stat("/nothing", &stat) == PRSHM_NOT_FOUND ? 0 : 1;
}
