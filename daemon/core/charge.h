/* SPDX-License-Identifier: MIT */
/*
 * What one thing costs its user. A charge is an object in the thing that it pays for; to free that
 * thing refunds the charge.
 */
#ifndef PRSHM_DAEMON_CORE_CHARGE_H
#define PRSHM_DAEMON_CORE_CHARGE_H

#include <stddef.h>

#include "daemon/core/account.h"

struct charge {
	struct account *account; /* NULL: nothing is charged */
	enum resource resource;
	uint64_t amount;
};

/* OK, or NO_RESOURCES with *why. A charge of 0 is always taken. charge_check charges nothing. */
enum status charge_check(
	struct account *account, enum resource resource, uint64_t amount, struct refusal *why);
enum status charge_init(struct charge *charge, struct account *account, enum resource resource,
	uint64_t amount, struct refusal *why);
/* For what exists already: no limit is looked at. */
void charge_restore(
	struct charge *charge, struct account *account, enum resource resource, uint64_t amount);
/* Has another account pay for up to RESOURCE_COUNT charges. The host is not charged twice. */
enum status charges_move(
	struct charge *charges, size_t count, struct account *to, struct refusal *why);
/* Another amount from now on. Both: OK, or NO_RESOURCES, and then all is as it was. */
enum status charge_resize(struct charge *charge, uint64_t amount, struct refusal *why);
void charge_deinit(struct charge *charge); /* takes one that is not charged */

#endif
