/* SPDX-License-Identifier: MIT */
/* What must hold of accounts and charges; the second half of invariants.h. */
#ifndef PRSHM_TESTS_INVARIANTS_ACCOUNTS_H
#define PRSHM_TESTS_INVARIANTS_ACCOUNTS_H

#include "daemon/core/broker.h"

const char *accounts_broken(struct broker *broker);

#endif
