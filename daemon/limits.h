/* SPDX-License-Identifier: MIT */
/* The host's limits, where the configuration does not set them. */
#ifndef PRSHM_DAEMON_LIMITS_H
#define PRSHM_DAEMON_LIMITS_H

#include <sys/resource.h>

#include "daemon/core/policy.h"

/*
 * Each segment and each connection needs a descriptor: raises RLIMIT_NOFILE to its hard limit.
 * Returns how many descriptors the broker may use.
 */
rlim_t limits_raise_descriptors(void);
/* Fills in each limit that is LIMIT_UNSET. Raises RLIMIT_NOFILE, too. */
void limits_derive(struct policy *policy);
/*
 * Logs which of the limits that a program may have left to the broker are not meant for a broker.
 */
void limits_tell_hard(void);

#endif
