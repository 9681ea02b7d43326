/* SPDX-License-Identifier: MIT */
/* The descriptors: in a tree, since a broker takes them back in the order of their ids. */
#include "keeper/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/reaper.h"

static int compare(const struct entry *a, const struct entry *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_PROTOTYPE(entry_tree, entry, in_store, compare)
RB_GENERATE(entry_tree, entry, in_store, compare)

void store_drop(struct store *store, uint64_t id, bool is_small)
{
	struct entry *entry = RB_FIND(entry_tree, &store->tree, &(struct entry){.id = id});

	if (!entry)
		return;
	RB_REMOVE(entry_tree, &store->tree, entry);
	store->count--;
	if (is_small)
		close(entry->fd);
	else
		reaper_close(entry->fd);
	free(entry);
}

void store_clear(struct store *store)
{
	const struct entry *entry;

	while ((entry = store_next(store, 0)))
		store_drop(store, entry->id, false);
}

int store_put(struct store *store, uint64_t id, int fd)
{
	struct entry *entry;

	store_drop(store, id, false); /* first: this makes room for fd, in memory too */
	entry = store->count < store->max ? malloc(sizeof(*entry)) : NULL;
	if (!entry) {
		reaper_close(fd);
		return store->count < store->max ? -ENOMEM : -EMFILE;
	}
	*entry = (struct entry){.id = id, .fd = fd};
	RB_INSERT(entry_tree, &store->tree, entry);
	store->count++;
	return 0;
}

const struct entry *store_next(struct store *store, uint64_t id)
{
	if (id == UINT64_MAX)
		return NULL;
	return RB_NFIND(entry_tree, &store->tree, &(struct entry){.id = id + 1});
}
