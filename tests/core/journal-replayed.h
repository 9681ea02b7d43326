/* SPDX-License-Identifier: MIT */
/*
 * A broker for a journal to be replayed into, as far as that goes.
 *
 *	replayed_init(&broker);
 *	replay_journal(&broker, &journal, &replay);
 *	broken = replayed_broken(&broker);
 *	replayed_discard(&broker);
 */
#ifndef PRSHM_TESTS_JOURNAL_REPLAYED_H
#define PRSHM_TESTS_JOURNAL_REPLAYED_H

#include "daemon/core/broker.h"
#include "daemon/core/replay.h"

void replayed_init(struct broker *broker); /* without limits, and with a clock that stands */
/* The invariants, after all segments that have none got memory. NULL, or a sentence. */
const char *replayed_broken(struct broker *broker);
/* Removes all peers, then the rest. */
void replayed_discard(struct broker *broker);

#endif
