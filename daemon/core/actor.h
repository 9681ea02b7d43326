/* SPDX-License-Identifier: MIT */
/* The client that did something, as the credentials of its connection tell. */
#ifndef PRSHM_DAEMON_CORE_ACTOR_H
#define PRSHM_DAEMON_CORE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

struct actor {
	uint32_t uid;
	uint32_t pid;
	/* false: an earlier broker handled the request, and the journal does not tell */
	bool known;
};

#endif
