/* SPDX-License-Identifier: MIT */
/* The resources that users are charged for, and why a charge was refused. */
#ifndef PRSHM_DAEMON_CORE_RESOURCE_H
#define PRSHM_DAEMON_CORE_RESOURCE_H

#include <stdint.h>
#include <sys/types.h>

/* Resource, key in the configuration (after "host-" or "user-"), unit. */
#define RESOURCES(X)                                                                               \
	X(SEGMENTS, "segments", "segment", "segments")                                             \
	X(BYTES, "bytes", "byte of memory", "bytes of memory")                                     \
	X(CONNECTIONS, "connections", "connection", "connections")                                 \
	X(HANDLES, "handles", "open handle", "open handles")                                       \
	X(WATCHES, "watches", "watch", "watches")

enum resource {
#define X(name, key, one, many) RESOURCE_##name,
	RESOURCES(X)
#undef X
		RESOURCE_COUNT
};

struct refusal { /* why a charge was refused: for the log and for EXPLAIN */
	enum resource resource;
	enum refusal_kind { REFUSED_NOT, REFUSED_HOST, REFUSED_USER, REFUSED_SHARE } kind;
	uint64_t limit;
	uid_t uid;
};

/* "segment", and of 2 "segments" */
const char *resource_unit(enum resource resource, uint64_t number);
const char *refusal_key(const struct refusal *refusal); /* the configuration key that raises it */

#endif
