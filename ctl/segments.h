/* SPDX-License-Identifier: MIT */
/* The segments that the broker lists, in memory of our own, to sort and to show. */
#ifndef PRSHM_CTL_SEGMENTS_H
#define PRSHM_CTL_SEGMENTS_H

#include "include/prshm-client.h"

struct segment {
	char *name;                /* owned; "" for anonymous memory */
	struct prshm_segment stat; /* without the entries, which a list does not have */
};

struct segments {
	struct segment *segments;
	size_t count;
	size_t room;
};

/* Ends the process with MISUSED if the prefix does not begin with a slash, as names do. */
void segments_check_prefix(const char *prefix);

/* Appends those whose names begin with the prefix, anonymous memory only if anonymous is true. */
enum prshm_result segments_get(struct segments *segments, const char *prefix, bool anonymous);
void segments_deinit(struct segments *segments);

/* Seconds since 1970. */
uint64_t segments_now(void);
/* Seconds from then, in nanoseconds since 1970, to now; 0 if the clock was set back. */
uint64_t segments_since(uint64_t then);

#endif
