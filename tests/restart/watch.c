/* SPDX-License-Identifier: MIT */
/* Who watches goes on watching, on the same connection, whoever dies. */
#include <signal.h>
#include <stdlib.h>

#include "tests/lib/testing.h"
#include "tests/restart/restart-case.h"
#include "tests/watch/watch-case.h"

static struct prshm_watcher *begin(void)
{
	setenv("PRSHM_SOCKET", place.socket, 1);
	return watch_begin("/w", PRSHM_EVENT_CREATED | PRSHM_EVENT_DELETED, 0);
}

/* The connection of the library stays open. */
static void begin_alone(void)
{
	place_alone.begin();
}

static void end_alone(void)
{
	place_alone.end();
}

FIXTURE(begin_alone, end_alone, .name = "alone", .uncounted = true);

TEST(a_watch_goes_on_after_a_restart)
{
	struct prshm_watcher *watch = begin();

	watch_flash("/w");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/w", NULL);
	watch_expect(watch, PRSHM_EVENT_DELETED, "/w", NULL);
	for (int i = 0; i < 3; i++) {
		broker_restart();
		watch_expect(watch, PRSHM_EVENT_OVERFLOW, "", NULL);
		watch_flash("/w");
		watch_expect(watch, PRSHM_EVENT_CREATED, "/w", NULL);
		watch_expect(watch, PRSHM_EVENT_DELETED, "/w", NULL);
	}
	prshm_watch_free(watch);
}

TEST(restarts_that_nobody_noticed_are_one_overflow)
{
	struct prshm_watcher *watch = begin();

	broker_restart();
	broker_restart();
	watch_expect(watch, PRSHM_EVENT_OVERFLOW, "", NULL);
	watch_flash("/w");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/w", NULL);
	prshm_watch_free(watch);
}

TEST(a_keeper_that_dies_is_not_noticed)
{
	struct prshm_watcher *watch = begin();

	process_end(keeper_pid(), SIGKILL);
	keeper_pid();
	watch_flash("/w");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/w", NULL);
	prshm_watch_free(watch);
}
