/* SPDX-License-Identifier: MIT */
/* What must hold of the core between any two requests; for tests and for the fuzz target. */
#ifndef PRSHM_TESTS_INVARIANTS_H
#define PRSHM_TESTS_INVARIANTS_H

#include "daemon/broker.h"

/* peers: all the broker has. NULL, or a sentence about the first invariant that does not hold. */
const char *invariants_broken(
	struct broker *broker, const struct peer *const *peers, size_t peer_count);

#endif
