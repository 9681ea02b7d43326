/* SPDX-License-Identifier: MIT */
/* A snapshot: a journal that begins with all of the state as it is now. */
#ifndef PRSHM_DAEMON_CORE_SNAPSHOT_H
#define PRSHM_DAEMON_CORE_SNAPSHOT_H

#include "daemon/core/broker.h"

/* At least as many bytes as a snapshot needs. */
size_t snapshot_size(struct broker *broker);
/* Writes and commits a snapshot into the broker's journal, which is new and has room for that. */
void snapshot_write(struct broker *broker);

#endif
