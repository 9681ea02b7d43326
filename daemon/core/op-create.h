/* SPDX-License-Identifier: MIT */
/* Creates segments. */
#ifndef PRSHM_DAEMON_CORE_OP_CREATE_H
#define PRSHM_DAEMON_CORE_OP_CREATE_H

#include "daemon/core/request.h"

/* For an OPEN whose name is free. */
enum status create_named(const struct context *c);
/*
 * For an OPEN with TRUNCATE: sealed memory cannot become empty. So the name gets a new segment,
 * with owner, rights and lifetime of the old one; who has the old one keeps it.
 */
enum status replace_memory(const struct context *c, struct segment *old);

#endif
