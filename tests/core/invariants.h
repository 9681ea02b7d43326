/* SPDX-License-Identifier: MIT */
/* What must hold of the core between any two requests; for tests and for the fuzz target. */
#ifndef PRSHM_TESTS_INVARIANTS_H
#define PRSHM_TESTS_INVARIANTS_H

#include "daemon/core/broker.h"

/* NULL, or a sentence about the first invariant that does not hold. */
const char *invariants_broken(struct broker *broker);

#endif
