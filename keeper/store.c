/* SPDX-License-Identifier: MIT */
/* The descriptors: in a tree, since a broker takes them back in the order of their ids. */
#include "keeper/keeper.h"

#include <errno.h>
#include <stdlib.h>

#include "base/reaper.h"

static int compare(const struct kept *a, const struct kept *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_PROTOTYPE(kept_tree, kept, in_store, compare)
RB_GENERATE(kept_tree, kept, in_store, compare)

void store_drop(struct store *store, uint64_t id)
{
	struct kept *kept = RB_FIND(kept_tree, &store->tree, &(struct kept){.id = id});

	if (!kept)
		return;
	RB_REMOVE(kept_tree, &store->tree, kept);
	store->count--;
	reaper_close(kept->fd);
	free(kept);
}

int store_put(struct store *store, uint64_t id, int fd)
{
	struct kept *kept;

	store_drop(store, id); /* first: this makes room for fd, in memory too */
	kept = store->count < store->max ? malloc(sizeof(*kept)) : NULL;
	if (!kept) {
		reaper_close(fd);
		return store->count < store->max ? -ENOMEM : -EMFILE;
	}
	*kept = (struct kept){.id = id, .fd = fd};
	RB_INSERT(kept_tree, &store->tree, kept);
	store->count++;
	return 0;
}

const struct kept *store_next(struct store *store, uint64_t id)
{
	if (id == UINT64_MAX)
		return NULL;
	return RB_NFIND(kept_tree, &store->tree, &(struct kept){.id = id + 1});
}
