/* SPDX-License-Identifier: MIT */
/*
 * When the service manager ends the keeper, the keeper cannot tell a restart from a stop. So it
 * leaves all that it holds with the manager (base/leave.h), as one descriptor (wire/parcel.h).
 * While the keeper runs, the manager has nothing of it: a descriptor in the manager's store costs
 * PID 1 time, and each change two messages.
 */
#include <string.h>

#include "base/leave.h"
#include "base/log.h"
#include "base/units.h"
#include "keeper/keeper.h"
#include "wire/parcel.h"

static bool is_connection(uint64_t id)
{
	return id % 2 == 1 && id >> 63 == 0;
}

static void add_all(struct parcel_filling *filling, struct store *store, bool connections)
{
	const struct entry *entry = NULL;

	while ((entry = store_next(store, entry ? entry->id : 0))) {
		if (is_connection(entry->id) == connections)
			parcel_add(filling, entry->id, entry->fd);
	}
}

void keeper_leave(struct store *store)
{
	struct parcel_filling filling;

	if (store->count == 0)
		return;
	parcel_begin(&filling);
	add_all(&filling, store, false);
	add_all(&filling, store, true);
	leave_parcel(parcel_end(&filling), store->count);
}

static int put(void *data, uint64_t id, int fd)
{
	return store_put(data, id, fd);
}

void keeper_inherit(int parcel, struct store *store)
{
	char left[UNITS_COUNT_MAX];
	const int error = parcel_open(parcel, put, store);

	leave_forget();
	if (error < 0)
		log_write(LOG_ERR, "not all of the last keeper's descriptors have come: %s",
			strerror(-error));
	log_write(LOG_INFO, "the last keeper has left %s",
		units_count(store->count, "descriptor", left));
}
