/* SPDX-License-Identifier: MIT */
/*
 * Writes records to the journal, each about one thing as it is now. Before, succession_make_room
 * makes room; after, succession_commit makes the records valid.
 */
#ifndef PRSHM_DAEMON_CORE_JOURNAL_WRITE_H
#define PRSHM_DAEMON_CORE_JOURNAL_WRITE_H

#include "daemon/core/broker.h"

void journal_write_begin(struct broker *broker);
void journal_write_segment(struct broker *broker, const struct segment *segment);
void journal_write_size(struct broker *broker, const struct segment *segment);
void journal_write_unname(struct broker *broker, const struct segment *segment);
void journal_write_peer(struct broker *broker, const struct peer *peer);
void journal_write_ended(struct broker *broker, const struct peer *peer);
void journal_write_gone(struct broker *broker, const struct peer *peer);
void journal_write_hold(struct broker *broker, const struct holder *holder);
void journal_write_close(struct broker *broker, const struct peer *peer, uint32_t handle);
void journal_write_done(struct broker *broker, const struct peer *peer); /* peer->last */
void journal_write_released(struct broker *broker, const struct holder *holder);
void journal_write_expire(struct broker *broker);
void journal_write_ring(struct broker *broker, const struct peer *peer);

#endif
