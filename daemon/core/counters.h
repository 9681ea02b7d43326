/* SPDX-License-Identifier: MIT */
/*
 * How the broker is, and what it has done: STATUS tells this, besides the numbers of segments and
 * users.
 */
#ifndef PRSHM_DAEMON_CORE_COUNTERS_H
#define PRSHM_DAEMON_CORE_COUNTERS_H

#include "daemon/core/resource.h"
#include "wire/wire.h"

/* What only the shell knows, for STATUS. */
struct health {
	const char *version;            /* borrowed; NULL: not told */
	uint64_t started;               /* nanoseconds since 1970 */
	uint64_t handed;                /* descriptors, to a keeper */
	bool (*has_keeper)(void *data); /* NULL: none is wanted */
	void *data;
	/* STOP: ends the broker after this turn; NULL: not a client's to say */
	void (*stop)(void *data);
	uint32_t uid, pid; /* of this process; 0: not told */
	/* Where the configuration comes from, borrowed; NULL: not told. */
	const char *configured; /* the path of the configuration */
	char *const *files;     /* the files that were read */
	size_t file_count;
	/*
	 * What is wrong with the files as they are now, so that they do not count; "" or NULL:
	 * nothing.
	 */
	const char *trouble;
	uint64_t trouble_since; /* nanoseconds since 1970; 0: nothing is wrong */
};

/* What this broker has done so far: broker_start sets all to 0. */
struct counters {
	uint64_t requests[WIRE_OP_LAST + 1]; /* by op */
	uint64_t refusals[RESOURCE_COUNT];   /* by a limit */
	uint64_t creations, deletions, expiries, denials;
	uint64_t opens, closes;        /* of handles */
	uint64_t accepted, ended;      /* connections */
	uint64_t records, compactions; /* of the journal */
};

#endif
