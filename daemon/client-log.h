/* SPDX-License-Identifier: MIT */
/*
 * Log lines that a client can cause. A client that does the same thing again and again must neither
 * fill the log nor silence the lines of others: each user has a number of lines a minute.
 */
#ifndef PRSHM_DAEMON_CLIENT_LOG_H
#define PRSHM_DAEMON_CLIENT_LOG_H

#include <sys/types.h>

#include "daemon/core/broker.h"

struct client_log {
	struct broker *broker; /* borrowed: what time it is, and the accounts */
	uint64_t minute;       /* the minute of the last line that belonged to no user */
	unsigned int lines;    /* such lines in that minute */
};

/* account: of the user that caused the line; NULL: no user did. */
__attribute__((format(printf, 4, 5))) void client_log_write(
	struct client_log *log, struct account *account, int priority, const char *format, ...);
/*
 * Logs which limit refused the user, and which key raises that limit. One line a minute and user.
 */
void client_log_refusal(
	struct client_log *log, uid_t uid, pid_t pid, const struct refusal *refusal);

#endif
