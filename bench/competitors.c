/* SPDX-License-Identifier: MIT */
/*
 * The table of competitors, in the order of the report: what no broker can be faster than, then
 * ours, then the other ways of today.
 */
#include "bench/competitor.h"

#include <stdarg.h>
#include <stdio.h>

#define FLOOR(title, bits)                                                                         \
	.name = (title), .variant = (bits), .setup = floor_setup, .teardown = floor_teardown,      \
	.run = {floor_open, floor_create}

struct competitor competitors[] = {
	{FLOOR("floor: blocking, no map", 0)},
	{FLOOR("floor: blocking, map", FLOOR_MAP), .is_base = true},
	{FLOOR("floor: blocking, map, close message", FLOOR_MAP | FLOOR_CLOSE)},
	{FLOOR("floor: libevent, no map", FLOOR_LIBEVENT)},
	{FLOOR("floor: libevent, map", FLOOR_LIBEVENT | FLOOR_MAP)},
	{FLOOR("floor: libevent, map, close message", FLOOR_LIBEVENT | FLOOR_MAP | FLOOR_CLOSE)},
	{
		.name = "prshm",
		.variant = PR_LIBRARY_PRSHM,
		.at_most = {[OPERATION_OPEN] = 1.6},
		.setup = pr_library_setup,
		.run = {pr_library_open, pr_library_create},
		.teardown = pr_library_teardown,
	},
	{
		.name = "NSPR",
		.variant = PR_LIBRARY_NSPR,
		.setup = pr_library_setup,
		.run = {pr_library_open, pr_library_create},
		.teardown = pr_library_teardown,
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
};

const size_t competitor_count = sizeof(competitors) / sizeof(competitors[0]);

static const struct {
	const char *key;
	const char *text;
} operations[] = {
#define X(name, key, text) {key, text},
	OPERATIONS(X)
#undef X
};

const char *operation_key(enum operation operation)
{
	return operations[operation].key;
}

const char *operation_text(enum operation operation)
{
	return operations[operation].text;
}

bool competitor_missing(struct competitor *self, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(self->missing, sizeof(self->missing), format, arguments);
	va_end(arguments);
	return false;
}

void competitors_setup(const struct place *place)
{
	for (size_t i = 0; i < competitor_count; i++)
		competitors[i].is_present = competitors[i].setup(&competitors[i], place);
}

void competitors_teardown(void)
{
	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].is_present)
			competitors[i].teardown(&competitors[i]);
	}
}
