/* SPDX-License-Identifier: MIT */
/*
 * The table of competitors, in the order of the report: what no broker can be faster than, then
 * ours, then the other ways of today; then our broker beside itself.
 */
#include "bench/competitor.h"

#include <stdarg.h>
#include <stdio.h>

#include "bench/contenders.h"

#define FLOOR(title, bits)                                                                         \
	.name = (title), .variant = (bits), .setup = floor_setup, .teardown = floor_teardown

#define FLOOR_RUNS [OPERATION_OPEN] = floor_open, [OPERATION_CREATE] = floor_create

/* One round trip that brings a descriptor, in the operations that are measured in these. */
#define ROUND_TRIP_RUNS                                                                            \
	[OPERATION_ANONYMOUS_64K] = floor_open, [OPERATION_ANONYMOUS_1M] = floor_open,             \
	[OPERATION_SPAWN] = floor_open

#define IN_ROUND_TRIPS(value)                                                                      \
	[OPERATION_ANONYMOUS_64K] = (value), [OPERATION_ANONYMOUS_1M] = (value)

#define PR_LIBRARY(whose)                                                                          \
	.variant = (whose), .setup = pr_library_setup, .teardown = pr_library_teardown

#define PR_LIBRARY_RUNS [OPERATION_OPEN] = pr_library_open, [OPERATION_CREATE] = pr_library_create

#define PR_LIBRARY_ANONYMOUS_RUNS                                                                  \
	[OPERATION_ANONYMOUS_64K] = pr_library_anonymous_64k, [OPERATION_ANONYMOUS_1M] =           \
								      pr_library_anonymous_1m

#define DBUS(title, whose)                                                                         \
	.name = (title), .variant = (whose), .setup = dbus_setup, .teardown = dbus_teardown,       \
	.run = {[OPERATION_OPEN] = dbus_open, [OPERATION_CREATE] = dbus_create}

#define SPAWN(title, way)                                                                          \
	.name = (title), .variant = (way), .setup = spawn_setup, .teardown = spawn_teardown,       \
	.run = {[OPERATION_SPAWN] = spawn_run}

#define BARE(title, knows)                                                                         \
	.name = (title), .variant = (knows), .setup = bare_broker_setup,                           \
	.teardown = bare_broker_teardown,                                                          \
	.prepare = {[OPERATION_BARE_DELETE] = bare_broker_prepare_delete},                         \
	.run = {[OPERATION_BARE_OPEN] = bare_broker_open,                                          \
		[OPERATION_BARE_CREATE] = bare_broker_create,                                      \
		[OPERATION_BARE_DELETE] = bare_broker_delete}

struct competitor competitors[] = {
	{FLOOR("floor: blocking, no map", 0), .run = {FLOOR_RUNS, ROUND_TRIP_RUNS}},
	{FLOOR("floor: blocking, map", FLOOR_MAP), .run = {FLOOR_RUNS}},
	{FLOOR("floor: blocking, map, close message", FLOOR_MAP | FLOOR_CLOSE),
		.run = {FLOOR_RUNS}},
	{
		FLOOR("floor: libevent, no map", FLOOR_LIBEVENT),
		.run = {FLOOR_RUNS, ROUND_TRIP_RUNS},
		.is_round_trip = {IN_ROUND_TRIPS(true), [OPERATION_SPAWN] = true},
	},
	{
		FLOOR("floor: libevent, map", FLOOR_LIBEVENT | FLOOR_MAP),
		.run = {FLOOR_RUNS},
	},
	{
		FLOOR("floor: libevent, map, our checks",
			FLOOR_LIBEVENT | FLOOR_MAP | FLOOR_CHECKS),
		.run = {[OPERATION_OPEN] = floor_open},
		.is_base = {[OPERATION_OPEN] = true},
	},
	{
		FLOOR("floor: libevent, map, keeper", FLOOR_LIBEVENT | FLOOR_MAP | FLOOR_KEEPER),
		.run = {[OPERATION_CREATE] = floor_create},
		.is_base = {[OPERATION_CREATE] = true},
	},
	{
		FLOOR("floor: libevent, keeper, our checks",
			FLOOR_LIBEVENT | FLOOR_MAP | FLOOR_KEEPER | FLOOR_CHECKS),
		.run = {[OPERATION_CREATE] = floor_create},
	},
	{
		FLOOR("floor: libevent, map, close message",
			FLOOR_LIBEVENT | FLOOR_MAP | FLOOR_CLOSE),
		.run = {FLOOR_RUNS, [OPERATION_ANONYMOUS_64K] = floor_anonymous_64k,
			[OPERATION_ANONYMOUS_1M] = floor_anonymous_1m},
	},
	{
		.name = "prshm",
		PR_LIBRARY(PR_LIBRARY_PRSHM),
		.run = {PR_LIBRARY_RUNS, PR_LIBRARY_ANONYMOUS_RUNS},
		.at_most = {[OPERATION_CREATE] = 1.25, IN_ROUND_TRIPS(1.0)},
	},
	{
		.name = "prshm, nothing is parked",
		PR_LIBRARY(PR_LIBRARY_UNPARKED),
		.run = {PR_LIBRARY_RUNS},
		.at_most = {[OPERATION_OPEN] = 1.2},
	},
	{.name = "prshm, the other build", PR_LIBRARY(PR_LIBRARY_OTHER), .run = {PR_LIBRARY_RUNS}},
	{
		.name = "NSPR",
		PR_LIBRARY(PR_LIBRARY_NSPR),
		.run = {PR_LIBRARY_RUNS, PR_LIBRARY_ANONYMOUS_RUNS},
		.is_base = {IN_ROUND_TRIPS(true)},
	},
	{
		.name = "POSIX shm_open",
		.setup = posix_shm_setup,
		.run = {posix_shm_open, posix_shm_create},
		.teardown = posix_shm_teardown,
	},
	{
		.name = "System V shmget",
		.setup = sysv_shm_setup,
		.run = {sysv_shm_open, sysv_shm_create},
		.teardown = sysv_shm_teardown,
	},
	{
		.name = "s6-fdholderd",
		.setup = s6_fdholder_setup,
		.run = {s6_fdholder_open, s6_fdholder_create},
		.teardown = s6_fdholder_teardown,
	},
	{DBUS("D-Bus service, dbus-daemon", DBUS_DAEMON)},
	{DBUS("D-Bus service, dbus-broker", DBUS_BROKER)},
	{SPAWN("prshm, map passed by name", SPAWN_BY_NAME), .at_most = {[OPERATION_SPAWN] = 1.0}},
	{SPAWN("prshm, by string", SPAWN_BY_STRING), .at_most = {[OPERATION_SPAWN] = 1.0}},
	{SPAWN("prshm, by string, descriptor not", SPAWN_BY_TOKEN)},
	{SPAWN("NSPR, by string", SPAWN_NSPR), .is_base = {[OPERATION_SPAWN] = true}},
	{
		BARE("broker: no rules, 1 segment", BARE_NOTHING),
		.is_base = {[OPERATION_BARE_OPEN] = true,
			[OPERATION_BARE_CREATE] = true,
			[OPERATION_BARE_DELETE] = true},
	},
	{BARE("broker: with its keeper", BARE_KEEPER), .at_most = {[OPERATION_BARE_OPEN] = 1.03,
							       [OPERATION_BARE_CREATE] = 1.15,
							       [OPERATION_BARE_DELETE] = 1.03}},
	{BARE("broker: 1,000 policy rules", BARE_RULES),
		.at_most = {[OPERATION_BARE_OPEN] = 1.03, [OPERATION_BARE_CREATE] = 1.03}},
	{BARE("broker: 10,000 users with 1 each", BARE_USERS),
		.at_most = {[OPERATION_BARE_OPEN] = 1.05}},
};

const size_t competitor_count = sizeof(competitors) / sizeof(competitors[0]);

const struct operation_facts operations[OPERATION_COUNT] = {
#define X(name, key, text, scale, divisor, apart) {key, text, scale, divisor, apart},
	OPERATIONS(X)
#undef X
};

bool competitor_can(const struct competitor *competitor, enum operation operation)
{
	return competitor->is_present && competitor->run[operation];
}

bool competitor_missing(struct competitor *self, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(self->missing, sizeof(self->missing), format, arguments);
	va_end(arguments);
	return false;
}

static bool takes_part(const struct competitor *competitor, const bool wanted[OPERATION_COUNT])
{
	bool any = false;

	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++)
		any = any || (wanted[operation] && competitor->run[operation]);
	return any;
}

bool competitors_setup(const struct place *place, const bool wanted[OPERATION_COUNT])
{
	if (place_pin(place->server_cpu) < 0)
		return false;
	for (size_t i = 0; i < competitor_count; i++) {
		struct competitor *competitor = &competitors[i];

		competitor->missing[0] = '\0';
		competitor->is_present =
			takes_part(competitor, wanted) && competitor->setup(competitor, place);
	}
	return place_pin(place->cpu) >= 0;
}

void competitors_teardown(void)
{
	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].is_present)
			competitors[i].teardown(&competitors[i]);
		competitors[i].is_present = false;
	}
}
