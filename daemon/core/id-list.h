/* SPDX-License-Identifier: MIT */
/* Some users, or some groups, by number. */
#ifndef PRSHM_DAEMON_CORE_ID_LIST_H
#define PRSHM_DAEMON_CORE_ID_LIST_H

#include <stddef.h>
#include <stdint.h>

struct id_list {
	uint32_t *ids; /* owned */
	size_t count;
};

#endif
