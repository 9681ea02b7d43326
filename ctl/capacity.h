/* SPDX-License-Identifier: MIT */
/* What all users together have, of what they may have: `status` and `metrics` tell it. */
#ifndef PRSHM_CTL_CAPACITY_H
#define PRSHM_CTL_CAPACITY_H

#include "include/prshm-client.h"

struct capacity {
	uint64_t used;
	uint64_t limit; /* 0: the broker does not tell */
};

/* Of one enum prshm_resource. */
struct capacity capacity_of(const struct prshm_broker_status *status, size_t resource);

#endif
