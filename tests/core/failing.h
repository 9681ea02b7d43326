/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail when they are told to. The test program is linked with --wrap for each call
 * below, so that the core, unchanged, runs into it.
 *
 *	failing_plan(3, 0);             the third call from now on, in the first of its ways
 *	failing_begin(true);
 *	broker_handle(...);             only calls between begin and end count
 *	fired = failing_end();          NULL: it has not come to the third yet
 */
#ifndef PRSHM_TESTS_FAILING_H
#define PRSHM_TESTS_FAILING_H

#include "wire/wire.h"

/* The calls the core makes that may fail; tests/borders.sh sees to it that none is missing. */
#define FAILING_CALLS(X)                                                                           \
	X(malloc)                                                                                  \
	X(calloc)                                                                                  \
	X(realloc)                                                                                 \
	X(reallocarray)                                                                            \
	X(strdup)                                                                                  \
	X(memfd_create)                                                                            \
	X(fchmod)                                                                                  \
	X(ftruncate)                                                                               \
	X(fcntl)                                                                                   \
	X(open)                                                                                    \
	X(getrandom)                                                                               \
	X(fallocate)                                                                               \
	X(mmap)                                                                                    \
	X(mremap)

enum failing_call {
#define X(name) FAILING_##name,
	FAILING_CALLS(X)
#undef X
		FAILING_COUNT,
};

/* A way to fail, and what the broker has to answer to it. */
struct failure {
	enum failing_call call;
	const char *name;
	int error;
	enum status status;
};

#define FAILING_WAYS 3 /* at most so many ways of one call */

void failing_plan(unsigned int nth, unsigned int way); /* nth 0: none */
void failing_begin(bool disturbed); /* false: only failing_refuse_noexec has an effect */
/* What was made to fail since failing_begin, or NULL. A plan fires once. */
const struct failure *failing_end(void);

/* How often this call was made to fail, since the program began. */
unsigned int failing_count(enum failing_call call);

/* A kernel before 6.3: memfd_create does not know MFD_NOEXEC_SEAL. */
void failing_refuse_noexec(void);

#endif
