/* SPDX-License-Identifier: MIT */
/*
 * What a client of chaos is as a user: a uid of its own, what that user is charged for, and what
 * the users may do with each other's segments. Without root, all clients are one user.
 */
#ifndef PRSHM_SOAK_CHAOS_USER_H
#define PRSHM_SOAK_CHAOS_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "include/prshm-client.h"

/* Of all clients: a winner of a race lets the whole group delete the name. */
#define CHAOS_GID 71000U

struct chaos_charges {
	uint64_t segments;
	uint64_t bytes;
	uint64_t handles;
};

/* This process becomes the user of that client, before its first call; every second one parks
 * nothing. False: it cannot. */
bool chaos_user_become(unsigned int number);

/* The rights of a race's segment. */
struct prshm_rights chaos_user_race_rights(void);

/*
 * Each user has two segments that stay: one that all may read, with its number all over it, and one
 * that nobody else may open. The handles are never closed. False: they cannot be made.
 */
bool chaos_user_make_open(unsigned int number);
/* Takes their names away. */
bool chaos_user_take_away(unsigned int number);
/* NULL: all is as it has to be with the two of that user; or what is not. */
const char *chaos_user_look_at(unsigned int number, unsigned int self);

/* What the broker charges this user for. PRSHM_UNSUPPORTED: all clients are one user. */
enum prshm_result chaos_user_charges(struct chaos_charges *out);

/*
 * NULL, or what is wrong, until the next call.
 *   made           but for the two that stay
 *   least, most    of the races that this client has won, the others may just have ended some
 *   most_handles   that were open at once: the charge of one that is closed is kept for the next
 */
const char *chaos_charges_compare(struct chaos_charges charges, struct chaos_charges made,
	struct chaos_charges least, struct chaos_charges most, unsigned int most_handles,
	unsigned int number);

#endif
