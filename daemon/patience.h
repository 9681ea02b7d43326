/* SPDX-License-Identifier: MIT */
/*
 * Changes of memory that a client is changing, too. The kernel makes one after the other, and the
 * client chooses how long its own one takes: by fallocate(2) of many gigabytes, or by write(2) of
 * bytes that it supplies late (userfaultfd(2), FUSE). So a worker makes the broker's one, and the
 * event loop waits for the worker only as long as a change takes that waits for no other.
 */
#ifndef PRSHM_DAEMON_PATIENCE_H
#define PRSHM_DAEMON_PATIENCE_H

#include "daemon/core/memory.h"

#define PATIENCE_MS 5 /* so long the event loop waits: a worker may get its processor late */
/* ... and in vain at most once in this time: who makes it wait takes a twentieth of it. */
#define PATIENCE_EACH_US 100000
#define PATIENCE_MAX     8 /* changes of one payer that still wait, each with a worker of its own */
/* From this many of all payers on, one of each: workers are processes, of which a host has few. */
#define PATIENCE_ALL 128

void patience_init(void); /* has memory.h use what follows */
/*
 * Before the broker ends. Workers that make no change are gone then; who watches the processes of
 * the broker finds none of them. The others end with their changes.
 */
void patience_end(void);
/*
 * For memory_apply. -EINPROGRESS: the change still waits. -EALREADY: another one of the same memory
 * does, or as many of the payer as may.
 */
int patience_apply(memory_change *change, int fd, uint64_t value, const struct account *payer);
bool patience_waits(uint64_t inode); /* for memory_waits */

#endif
