/* SPDX-License-Identifier: MIT */
/* The host's limits, where the configuration does not set them. */
#ifndef PRSHM_DAEMON_LIMITS_H
#define PRSHM_DAEMON_LIMITS_H

#include "daemon/core/policy.h"

/* Fills in each limit that is LIMIT_UNSET. Raises RLIMIT_NOFILE to its hard limit. */
void limits_derive(struct policy *policy);

#endif
