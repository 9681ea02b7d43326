/* SPDX-License-Identifier: MIT */
/* What all users together have, of what they may have. */
#include "ctl/capacity.h"

struct capacity capacity_of(const struct prshm_broker_status *status, size_t resource)
{
	switch (resource) {
	case PRSHM_SEGMENTS:
		return (struct capacity){status->segments, status->segments_limit};
	case PRSHM_BYTES:
		return (struct capacity){status->bytes, status->bytes_limit};
	case PRSHM_CONNECTIONS:
		return (struct capacity){status->connections, status->connections_limit};
	case PRSHM_HANDLES:
		return (struct capacity){status->handles_used, status->handles_limit};
	case PRSHM_WATCHES:
		return (struct capacity){status->watches_used, status->watches_limit};
	default:
		return (struct capacity){0, 0};
	}
}
