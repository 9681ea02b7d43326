/* SPDX-License-Identifier: MIT */
/* Gets the list of segments from the broker. */
#include "ctl/segments.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

struct getting {
	struct segments *segments;
	bool anonymous;
};

void segments_check_prefix(const char *prefix)
{
	if (prefix[0] != '/')
		command_misused("%s: a PREFIX begins with a slash, as all names do", prefix);
}

static bool take(void *context, const char *name, const struct prshm_segment *stat)
{
	const struct getting *getting = context;
	struct segments *segments = getting->segments;

	if ((stat->flags & (PRSHM_ANONYMOUS | PRSHM_DELETED)) != 0 && !getting->anonymous)
		return true;
	if (segments->count == segments->room) {
		segments->room = segments->room > 0 ? 2 * segments->room : 64;
		segments->segments = text_need(reallocarray(
			segments->segments, segments->room, sizeof(*segments->segments)));
	}
	segments->segments[segments->count++] =
		(struct segment){.name = text_need(strdup(name)), .stat = *stat};
	return true;
}

enum prshm_result segments_get(struct segments *segments, const char *prefix, bool anonymous)
{
	struct getting getting = {.segments = segments, .anonymous = anonymous};

	return prshm_list(prefix, take, &getting);
}

void segments_deinit(struct segments *segments)
{
	for (size_t i = 0; i < segments->count; i++)
		free(segments->segments[i].name);
	free(segments->segments);
	*segments = (struct segments){0};
}

uint64_t segments_now(void)
{
	return (uint64_t)time(NULL);
}

uint64_t segments_since(uint64_t then)
{
	const uint64_t now = segments_now();

	return now > then / NANOSECONDS ? now - then / NANOSECONDS : 0;
}
