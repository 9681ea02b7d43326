/* SPDX-License-Identifier: MIT */
/*
 * The first steps of a new broker: passed descriptors, the keeper, all that it has, and the socket.
 */
#include "daemon/takeover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/descriptor.h"
#include "base/leave.h"
#include "base/log.h"
#include "base/reaper.h"
#include "daemon/core/succession.h"
#include "daemon/service-journal.h"
#include "wire/parcel.h"

static void add(void *data, uint64_t id, int fd)
{
	struct takeover *takeover = data;

	if (takeover->count == takeover->room) {
		const size_t room = takeover->room > 0 ? 2 * takeover->room : 64;
		struct takeover_descriptor *descriptors =
			reallocarray(takeover->descriptors, room, sizeof(*descriptors));

		if (!descriptors) {
			takeover->error = -ENOMEM;
			descriptor_close(&fd);
			return;
		}
		takeover->descriptors = descriptors;
		takeover->room = room;
	}
	takeover->descriptors[takeover->count++] = (struct takeover_descriptor){.id = id, .fd = fd};
}

static int compare(const void *a, const void *b)
{
	const uint64_t id = ((const struct takeover_descriptor *)a)->id;
	const uint64_t other = ((const struct takeover_descriptor *)b)->id;

	return (id > other) - (id < other);
}

int takeover_claim(struct takeover *takeover, uint64_t id)
{
	const struct takeover_descriptor key = {.id = id};
	struct takeover_descriptor *found = takeover->count > 0
						    ? bsearch(&key, takeover->descriptors,
							      takeover->count, sizeof(key), compare)
						    : NULL;
	const int fd = found ? found->fd : -1;

	if (found)
		found->fd = -1;
	return fd;
}

/* A keeper that this broker has just started has no descriptors. */
static int take_from_keeper(struct takeover *takeover, struct keeper_link *link)
{
	int error;

	if (keeper_link_is_own(link) && !takeover->from_keeper)
		return 0;
	error = keeper_link_take_over(link, add, takeover);
	if (error == 0)
		error = takeover->error;
	if (error < 0)
		log_write(LOG_ERR, "taking back what the keeper has: %s", strerror(-error));
	return error;
}

struct inheritance {
	struct takeover *takeover;
	struct keeper_link *link;
};

static int inherit(void *data, uint64_t id, int fd)
{
	const struct inheritance *inheritance = data;

	keeper_link_put(inheritance->link, id, fd);
	add(inheritance->takeover, id, fd);
	return inheritance->link->fd < 0 ? -EPIPE : inheritance->takeover->error;
}

/*
 * The last broker had no keeper when it ended. The keeper gets all first of all: from there on
 * everything is as if that had been handed over in time.
 */
static int take_from_manager(struct takeover *takeover, struct keeper_link *link, int parcel)
{
	const int error = parcel_open(parcel, inherit, &(struct inheritance){takeover, link});

	if (error < 0) {
		log_write(LOG_ERR,
			"taking back what the last broker has left with the service manager: %s",
			strerror(-error));
		return error;
	}
	leave_forget();
	if (takeover->count > 0)
		qsort(takeover->descriptors, takeover->count, sizeof(*takeover->descriptors),
			compare);
	return 0;
}

int takeover_begin(struct takeover *takeover, const struct options *options, char **arguments,
	struct keeper_link *link)
{
	struct passed passed;
	int error;

	*takeover = (struct takeover){.socket = -1};
	error = listen_take_passed(&passed);
	if (error < 0)
		return error;
	takeover->socket = passed.socket;
	takeover->from_keeper = passed.keeper >= 0;
	if (!options->no_keeper)
		error = keeper_link_open(link, options->keeper, passed.keeper, arguments);
	if (error == 0 && !options->no_keeper)
		error = passed.parcel >= 0 ? take_from_manager(takeover, link, passed.parcel)
					   : take_from_keeper(takeover, link);
	else
		descriptor_close(&passed.parcel);
	/*
	 * The manager has a journal, and the keeper has nothing: broker and keeper died together.
	 */
	if (passed.journal >= 0 && error == 0 && takeover->count == 0)
		service_journal_tell_lost(passed.journal);
	else
		descriptor_close(&passed.journal);
	return error;
}

int takeover_listener(struct takeover *takeover, const char *path, struct listener *out)
{
	const int passed = takeover->socket;
	int from_keeper = takeover_claim(takeover, KEEPER_ID_SOCKET);
	int lock = takeover_claim(takeover, KEEPER_ID_LOCK);

	takeover->socket = -1;
	if (passed >= 0 && path)
		log_write(LOG_NOTICE, "--socket is not used: a socket was passed");
	if (passed < 0 && listener_from_keeper(from_keeper, lock, path, out))
		return 0;
	descriptor_close(&from_keeper);
	descriptor_close(&lock);
	if (passed >= 0)
		return listener_from_passed(passed, out);
	if (!path) {
		log_write(LOG_ERR,
			"no socket was passed: start prshmd.socket, or give --socket=PATH");
		return -EINVAL;
	}
	/* Anyone who can reach the path may connect: rights are a segment's, not the socket's. */
	return listener_bind(path, 0666, out);
}

void takeover_end(struct takeover *takeover, struct keeper_link *link)
{
	descriptor_close(&takeover->socket);
	for (size_t i = 0; i < takeover->count; i++) {
		struct takeover_descriptor *descriptor = &takeover->descriptors[i];

		if (descriptor->fd < 0)
			continue;
		reaper_close(descriptor->fd);
		if (link)
			keeper_link_drop(link, descriptor->id, false);
	}
	free(takeover->descriptors);
	*takeover = (struct takeover){.socket = -1};
}
