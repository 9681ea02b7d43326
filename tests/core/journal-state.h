/* SPDX-License-Identifier: MIT */
/* Whether two brokers are in one state: all that a journal has to tell of, field by field. */
#ifndef PRSHM_TESTS_JOURNAL_STATE_H
#define PRSHM_TESTS_JOURNAL_STATE_H

#include "daemon/core/broker.h"

/* NULL, or a sentence about the first difference. */
const char *state_difference(struct broker *one, struct broker *other);

#endif
