/* SPDX-License-Identifier: MIT */
/* The processes of the clients of chaos, from outside. */
#ifndef PRSHM_SOAK_CHAOS_CLIENTS_H
#define PRSHM_SOAK_CHAOS_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/soak/chaos.h"

#define CHAOS_STUCK_SECONDS 120 /* what takes longer never ends */

struct chaos_clients {
	struct chaos *chaos; /* shared with them */
	pid_t pids[CHAOS_CLIENTS_MAX];
};

struct chaos_totals {
	uint64_t operations;
	uint64_t errors;
	uint64_t lost; /* of the errors */
};

/* As many as chaos->clients says, which end with us. */
bool chaos_clients_start(struct chaos_clients *clients, const char *socket);
/* Waits until each has an answer to what it asked for after now. False: one gets none. */
bool chaos_clients_wait(const struct chaos_clients *clients);
/* Milliseconds: the longest that any has waited for an answer since this was last called. */
double chaos_clients_take_longest(struct chaos_clients *clients);
uint64_t chaos_clients_errors(const struct chaos_clients *clients);
/* Has them end, and adds up what they have counted. */
void chaos_clients_end(struct chaos_clients *clients, struct chaos_totals *totals);

#endif
