/* SPDX-License-Identifier: MIT */
/* Reads the list of the objects in a directory. */
#include "posix-lib/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "posix-lib/ask.h"
#include "posix-lib/paths.h"

/* The list has what is in directories below, too. */
static bool take(void *data, const char *name, const struct wire_stated *stated)
{
	struct listing *listing = data;
	const char *rest = name + strlen(listing->directory) + 1;
	const size_t length = strlen(rest);

	if (length == 0 || length > OBJECT_NAME_MAX || strchr(rest, '/'))
		return true;
	if (listing->count == listing->room) {
		const size_t room = listing->room > 0 ? listing->room * 2 : 16;
		struct listed *all = reallocarray(listing->all, room, sizeof(*all));

		if (!all)
			return false;
		listing->all = all;
		listing->room = room;
	}
	listing->all[listing->count].inode = paths_inode(stated->segment);
	memcpy(listing->all[listing->count++].name, rest, length + 1);
	return true;
}

int listing_init(struct listing *listing, const char *directory)
{
	int outcome;

	*listing = (struct listing){.count = 0};
	memcpy(listing->directory, directory, strlen(directory) + 1);
	outcome = ask_list(directory, take, listing);
	if (outcome == 0)
		return 0;
	listing_deinit(listing);
	return ask_errno(outcome);
}

void listing_deinit(struct listing *listing)
{
	free(listing->all);
	listing->all = NULL;
}

void listing_renew(struct listing *listing)
{
	struct listing renewed;

	if (listing_init(&renewed, listing->directory) != 0)
		return;
	listing_deinit(listing);
	*listing = renewed;
}

bool listing_is_semaphore(const struct listing *listing, const char *name)
{
	return strcmp(listing->directory, "/dev/shm") == 0 && strncmp(name, "sem.", 4) == 0;
}
