/* SPDX-License-Identifier: MIT */
/*
 * Replay of SEGMENT, SIZE and UNNAME, for replay.c. Each returns what is wrong with its record, or
 * NULL.
 */
#ifndef PRSHM_DAEMON_CORE_REPLAY_SEGMENT_H
#define PRSHM_DAEMON_CORE_REPLAY_SEGMENT_H

#include "daemon/core/broker.h"

extern const char replay_no_memory[]; /* told by its address from all that is wrong with a record */

const char *replay_segment(struct broker *broker, const struct record *record);
const char *replay_size(struct broker *broker, const struct record_size *is);
const char *replay_unname(struct broker *broker, const struct record_unname *unname);

#endif
