/* SPDX-License-Identifier: MIT */
/* The prshm_watch calls of prshm-client.h. */
#include "include/prshm-client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-lib/name.h"
#include "client-lib/result.h"
#include "client-lib/subscription.h"

static_assert(PRSHM_NAME_MAX == WIRE_NAME_MAX, "");
static_assert(PRSHM_EXACT == WIRE_WATCH_EXACT, "");
static_assert(PRSHM_EVENT_CREATED == (int)WIRE_EVENT_CREATED, "");
static_assert(PRSHM_EVENT_DELETED == (int)WIRE_EVENT_DELETED, "");
static_assert(PRSHM_EVENT_EXPIRED == (int)WIRE_EVENT_EXPIRED, "");
static_assert(PRSHM_EVENT_OPENED == (int)WIRE_EVENT_OPENED, "");
static_assert(PRSHM_EVENT_CLOSED == (int)WIRE_EVENT_CLOSED, "");
static_assert(PRSHM_EVENT_UNUSED == (int)WIRE_EVENT_UNUSED, "");
static_assert(PRSHM_EVENT_RIGHTS == (int)WIRE_EVENT_RIGHTS, "");
static_assert(PRSHM_EVENT_OVERFLOW == (int)WIRE_EVENT_OVERFLOW, "");

struct prshm_watcher {
	struct subscription *subscription; /* owned */
};

/* exact: prefix is a name, and is normalised. Otherwise its bytes are taken as they are. */
static int take_prefix(const char *prefix, bool exact, struct name *out)
{
	if (exact)
		return prefix[0] == '\0' ? STATUS_BAD_NAME : name_normalise(prefix, out);
	out->length = strlen(prefix);
	if (out->length > WIRE_NAME_MAX)
		return STATUS_BAD_NAME;
	memcpy(out->text, prefix, out->length);
	return 0;
}

enum prshm_result prshm_watch(
	const char *prefix, unsigned int events, unsigned int flags, struct prshm_watcher **out)
{
	const struct wire_watch wire = {.events = events, .flags = flags};
	struct prshm_watcher *watch;
	struct name name;
	int outcome;

	if (!prefix || !out || events == 0 || (events & ~(unsigned int)PRSHM_EVENT_ALL) ||
		(flags & ~(unsigned int)PRSHM_EXACT))
		return PRSHM_INVALID;
	outcome = take_prefix(prefix, flags & PRSHM_EXACT, &name);
	if (outcome != 0)
		return result_from_outcome(outcome);
	watch = malloc(sizeof(*watch));
	if (!watch)
		return PRSHM_NO_MEMORY;
	outcome = subscription_new(&wire, name.text, name.length, &watch->subscription);
	if (outcome == 0)
		*out = watch;
	else
		free(watch);
	return result_from_outcome(outcome);
}

int prshm_watch_fd(const struct prshm_watcher *watch)
{
	return watch ? subscription_fd(watch->subscription) : -1;
}

enum prshm_result prshm_watch_next(struct prshm_watcher *watch, struct prshm_event *event)
{
	struct wire_event wire;
	const char *name;
	int outcome;

	if (!watch || !event)
		return PRSHM_INVALID;
	outcome = subscription_next(watch->subscription, &wire, &name);
	if (outcome != 0)
		return outcome == -EAGAIN ? PRSHM_AGAIN : result_from_outcome(outcome);
	*event = (struct prshm_event){
		.kind = wire.kind,
		.time = wire.time,
		.segment = wire.segment,
		.size = wire.size,
		.uid = wire.uid,
		.pid = (pid_t)wire.pid,
		.name_length = wire.name_length,
	};
	memcpy(event->name, name, wire.name_length);
	return PRSHM_OK;
}

void prshm_watch_free(struct prshm_watcher *watch)
{
	if (!watch)
		return;
	subscription_free(watch->subscription);
	free(watch);
}
