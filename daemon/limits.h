/* SPDX-License-Identifier: MIT */
/* The host's limits, where the configuration does not set them. */
#ifndef PRSHM_DAEMON_LIMITS_H
#define PRSHM_DAEMON_LIMITS_H

#include "daemon/core/policy.h"

/* Fills in what is LIMIT_UNSET. Raises our own limit of descriptors to what it may be. */
void limits_derive(struct policy *policy);

#endif
