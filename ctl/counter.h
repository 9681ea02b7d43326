/* SPDX-License-Identifier: MIT */
/* The broker's counters, and what there is now: `status`, `metrics` and `top` agree on them. */
#ifndef PRSHM_CTL_COUNTER_H
#define PRSHM_CTL_COUNTER_H

#include "include/prshm-client.h"

struct counter {
	const char *name;
	const char *about;
	size_t offset; /* in struct prshm_broker_status */
};

/* Up to one without a name. What only grows while the broker runs: */
extern const struct counter counter_table[];
/* What there is now; the bytes come apart, as they have a unit. */
extern const struct counter counter_gauges[];

uint64_t counter_value(const struct counter *counter, const struct prshm_broker_status *status);

/* "there", "missing" or "unwanted". */
const char *counter_keeper(enum prshm_keeper keeper);

/* The name of an operation, in small letters; NULL: there is none. */
const char *counter_op(unsigned int op, char out[32]);

#endif
