/* SPDX-License-Identifier: MIT */
/* Opens a segment that does not exist yet. */
#include "client-lib/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "client-lib/subscription.h"

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Whether there was an event. *usable: whether the watch can bring another one. */
static bool take_events(struct subscription *subscription, bool *usable)
{
	struct wire_event event;
	const char *name;
	bool came = false;
	int outcome;

	while ((outcome = subscription_next(subscription, &event, &name)) == 0)
		came = true;
	*usable = outcome != -EBADF;
	return came;
}

/* False: the time is over, or the program has closed the watch's descriptor. */
static bool await_event(struct subscription *subscription, int64_t deadline)
{
	struct pollfd polled = {.fd = subscription->fd, .events = POLLIN};
	bool usable = true;
	int64_t left;

	while (usable && (left = deadline - now()) > 0) {
		poll(&polled, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (take_events(subscription, &usable))
			return true;
	}
	return false;
}

static void end_watch(void *subscription)
{
	subscription_free(subscription);
}

int wait_open(const struct name *name, const struct wire_open *open, uint32_t milliseconds,
	PRSharedMemory **out)
{
	const int64_t deadline = now() + milliseconds;
	const struct wire_watch watch = {
		/* RIGHTS: a segment that this user may not see does not exist for the user. */
		.events = WIRE_EVENT_CREATED | WIRE_EVENT_RIGHTS,
		.flags = WIRE_WATCH_EXACT,
	};
	struct subscription *subscription;
	int state;
	int outcome;

	if (milliseconds == 0)
		return STATUS_NOT_FOUND;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	outcome = subscription_new(&watch, name->text, name->length, &subscription);
	pthread_setcancelstate(state, NULL);
	if (outcome != 0)
		return outcome;
	pthread_cleanup_push(end_watch, subscription);
	/* The first try is for a segment that was created before the watch began. */
	do
		outcome = handle_open(name, open, NULL, out);
	while (outcome == STATUS_NOT_FOUND && await_event(subscription, deadline));
	if (outcome == STATUS_NOT_FOUND)
		outcome = handle_open(name, open, NULL, out);
	pthread_cleanup_pop(1);
	return outcome;
}

uint32_t wait_from_environment(void)
{
	const char *text = secure_getenv("PRSHM_OPEN_WAIT_MS");
	unsigned long value;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}
