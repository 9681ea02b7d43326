/* SPDX-License-Identifier: MIT */
/* All that a request can change, in a few numbers: what fails has to leave them as they are. */
#ifndef PRSHM_TESTS_SUMS_H
#define PRSHM_TESTS_SUMS_H

#include "daemon/core/broker.h"

struct sums {
	uint64_t segments;
	uint64_t last_number;
	uint64_t holders;
	uint64_t details; /* of all segments: a hash */
	uint64_t deadline;
	uint64_t used[RESOURCE_COUNT];
	uint64_t users[RESOURCE_COUNT];
};

struct sums sum_up(struct broker *broker);

#endif
