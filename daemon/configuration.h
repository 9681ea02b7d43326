/* SPDX-License-Identifier: MIT */
/*
 * The configuration: a file and the *.conf beside it in FILE.d, in the order of their names, after
 * the rules that are built in. prshmd.conf(5) is its manual. Whatever cannot be understood makes the
 * whole of it fail, with file, line and reason: closed, never open.
 */
#ifndef PRSHM_DAEMON_CONFIGURATION_H
#define PRSHM_DAEMON_CONFIGURATION_H

#include <stdio.h>

#include "daemon/core/policy.h"

/*
 * Whether a missing file is an error is the caller's choice; a missing FILE.d is none. True: *out is
 * the caller's, unset host limits still to be derived. False: the reason was logged.
 */
bool config_load(const char *path, bool must_exist, struct policy *out);

/* What was understood, in the same syntax. */
void config_print(const struct policy *policy, FILE *out);

#endif
