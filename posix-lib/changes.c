/* SPDX-License-Identifier: MIT */
/* Whether what the broker told of an object is still so. */
#include "posix-lib/changes.h"

#include "client-lib/connection.h"
#include "client-lib/guard.h"
#include "wire/ring.h"

static struct {
	struct ring_page *page; /* NULL: there is none */
	uint64_t connection;
} shared;

/* The page is the original's in a copy of the process. */
static void renew(bool broken)
{
	(void)broken;
	shared.page = NULL;
}

GUARD_INNER(guard, renew);

static void begin(uint64_t connection, uid_t uid, struct ring_page *page)
{
	(void)uid;
	guard_lock(&guard);
	shared.page = page;
	shared.connection = connection;
	guard_unlock(&guard);
}

static void end(void)
{
	guard_lock(&guard);
	shared.page = NULL;
	guard_unlock(&guard);
}

__attribute__((constructor)) static void register_guard(void)
{
	static const struct connection_listener listener = {begin, end};

	connection_listen(&listener);
}

struct change_count changes_read(void)
{
	struct change_count now = {.connection = 0};

	guard_lock(&guard);
	if (shared.page)
		now = (struct change_count){shared.connection, atomic_load(&shared.page->changes)};
	guard_unlock(&guard);
	return now;
}

bool changes_are_none(const struct change_count *since)
{
	const struct change_count now = changes_read();

	return since->connection != 0 && now.connection == since->connection &&
	       now.count == since->count;
}
