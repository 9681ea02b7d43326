/* SPDX-License-Identifier: MIT */
/* What the clients of chaos and the one who kills share: memory of their own, not the broker's. */
#ifndef PRSHM_SOAK_CHAOS_H
#define PRSHM_SOAK_CHAOS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CHAOS_CLIENTS_MAX 64
#define CHAOS_RACE_NAME   "/chaos/race/%u"

/* Names that all clients try to be the first to create. */
#define CHAOS_RACES 65536 /* more than a run has: a client waits for the others every few */

struct chaos_race {
	_Atomic uint32_t tried;
	_Atomic uint32_t won;
	_Atomic uint32_t winner; /* its number, and 1 */
	_Atomic bool gone;       /* that it was deleted has been answered */
};

struct chaos_client {
	_Atomic uint64_t answers; /* operations that the broker has answered */
	_Atomic uint64_t longest; /* nanoseconds one took, since it was last set to 0 */
	_Atomic uint64_t errors;
	_Atomic uint64_t lost; /* of these, segments or holds that are not there any more */
};

struct chaos {
	uint64_t seed;
	unsigned int clients;
	_Atomic bool ending;
	_Atomic uint32_t settled; /* clients whose segments for the others are there */
	struct chaos_client client[CHAOS_CLIENTS_MAX];
	struct chaos_race races[CHAOS_RACES];
};

/*
 * One client's process: creates, opens, writes, changes, closes and deletes segments, and compares
 * each answer of the broker with what it has to be. Returns at the end, when all that it made has
 * been compared once more and is gone. False: something was wrong; it has said so.
 */
bool chaos_client(struct chaos *chaos, unsigned int number);

#endif
