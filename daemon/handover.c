/* SPDX-License-Identifier: MIT */
/*
 * The core hands over segments, connections, rings and its journal by calling put and drop. This
 * file hands over the configuration, the listening socket and its lock, too: they belong to the
 * shell.
 */
#include "daemon/handover.h"

#include <stdlib.h>

#include "base/leave.h"
#include "base/reaper.h"
#include "base/thread.h"
#include "daemon/core/rewrite.h"
#include "daemon/core/succession.h"
#include "daemon/service-journal.h"
#include "wire/parcel.h"

static void put(void *data, uint64_t id, int fd)
{
	struct handover *handover = data;

	if (handover->parcel) {
		parcel_add(handover->parcel, id, fd);
		return;
	}
	keeper_link_put(handover->link, id, fd);
	handover->broker->health.handed += handover->link->fd >= 0;
	if (id == KEEPER_ID_JOURNAL && !keeper_link_is_own(handover->link))
		service_journal_store(fd);
}

static void drop(void *data, uint64_t id, uint64_t bytes)
{
	struct handover *handover = data;

	keeper_link_drop(handover->link, id, bytes < REAPER_BYTES);
}

/*
 * A service manager passes its socket to each broker. Any other socket is put, for the next broker.
 */
void handover_listener(struct handover *handover)
{
	const struct listener *listener = handover->listener;

	if (!keeper_link_is_own(handover->link) && !listener->path) {
		drop(handover, KEEPER_ID_SOCKET, 0);
		drop(handover, KEEPER_ID_LOCK, 0);
		return;
	}
	put(handover, KEEPER_ID_SOCKET, listener->fd);
	if (listener->lock_fd >= 0)
		put(handover, KEEPER_ID_LOCK, listener->lock_fd);
}

void handover_configuration(struct handover *handover)
{
	if (handover->settings->kept >= 0)
		put(handover, KEEPER_ID_CONFIGURATION, handover->settings->kept);
	else
		drop(handover, KEEPER_ID_CONFIGURATION, 0);
}

/* For a keeper that has nothing yet. */
static void put_all(void *data)
{
	struct handover *handover = data;

	succession_put_all(handover->broker);
	handover_configuration(handover);
	handover_listener(handover);
}

int handover_begin(struct handover *handover, struct event_base *base)
{
	const struct succession succession = {put, drop, handover, thread_run};
	int error = keeper_link_watch(handover->link, base, put_all, handover);

	if (error == 0)
		error = succession_begin(handover->broker, &succession);
	if (error == 0) {
		handover_configuration(handover);
		handover_listener(handover);
	}
	return error;
}

/*
 * The service manager may end the keeper first, and start the next one only after this broker has
 * ended. What the last keeper has left is older than what this broker leaves.
 */
static void leave_all(struct handover *handover)
{
	struct parcel_filling filling;

	if (!getenv("NOTIFY_SOCKET"))
		return;
	parcel_begin(&filling);
	handover->parcel = &filling;
	put_all(handover);
	handover->parcel = NULL;
	leave_parcel(parcel_end(&filling), filling.count);
}

void handover_end(struct handover *handover, bool end_keeper)
{
	handover->broker->registry.on_expired = NULL; /* segments go because the broker ends */
	if (keeper_link_is_own(handover->link) && end_keeper) {
		keeper_link_leave(handover->link);
	} else {
		if (!keeper_link_settle(handover->link))
			leave_all(handover);
		listener_keep(handover->listener);
	}
	rewrite_end(handover->broker);
	succession_end(handover->broker);
	keeper_link_close(handover->link);
}
