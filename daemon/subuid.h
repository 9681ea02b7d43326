/* SPDX-License-Identifier: MIT */
/* Files of subordinate uids, in the form of subuid(5). */
#ifndef PRSHM_DAEMON_SUBUID_H
#define PRSHM_DAEMON_SUBUID_H

#include "daemon/core/principals.h"

#define SUBUID_FILE "/etc/subuid"

/*
 * Appends the ranges that the file gives to users. A file that does not exist gives none. A line
 * that makes no sense is left out with a warning, as newuidmap(1) leaves it out: the file is not
 * ours. 0 or a negative errno: the file cannot be read, or there is no memory.
 */
int subuid_read(const char *path, struct principals *out);

/*
 * Appends what "OWNER:FIRST:COUNT" says; OWNER is a name or a uid. NULL, or what is wrong, for
 * people.
 */
const char *subuid_add(const char *text, struct principals *out);

#endif
