/* SPDX-License-Identifier: MIT */
/* The broker's counters and gauges. `status`, `metrics` and `top` share these tables. */
#ifndef PRSHM_CTL_COUNTER_H
#define PRSHM_CTL_COUNTER_H

#include "include/prshm-client.h"

struct counter {
	const char *name;
	const char *about;
	size_t offset; /* in struct prshm_broker_status */
};

/* Each table ends with a row without a name. Counters only grow while the broker runs. */
extern const struct counter counter_table[];
/* Gauges: what there is now. Bytes are not among them, as they have a unit. */
extern const struct counter counter_gauges[];

uint64_t counter_value(const struct counter *counter, const struct prshm_broker_status *status);

/* "there", "missing" or "unwanted". */
const char *counter_keeper(enum prshm_keeper keeper);

/* The name of an operation, in small letters; NULL: there is none. */
const char *counter_op(unsigned int op, char out[32]);

#endif
