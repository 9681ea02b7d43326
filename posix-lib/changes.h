/* SPDX-License-Identifier: MIT */
/*
 * Whether what the broker told of an object is still so: a number in the page that both share
 * tells.
 */
#ifndef PRSHM_POSIX_CHANGES_H
#define PRSHM_POSIX_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

/* connection: its number; 0: there is none, or the broker cannot tell. */
struct change_count {
	uint64_t connection;
	uint32_t count;
};

/* To be read before the broker is asked: what it tells then is so as long as the count stays. */
struct change_count changes_read(void);
bool changes_are_none(const struct change_count *since);

#endif
