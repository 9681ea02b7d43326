/* SPDX-License-Identifier: MIT */
#ifndef PRSHM_DAEMON_CORE_SHELL_ACCOUNT_H
#define PRSHM_DAEMON_CORE_SHELL_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

/* What the shell notes of a user. The core never looks at it; in a new account all is 0. */
struct shell_account {
	uint64_t turn;              /* of the loop: the last in which the user had a request */
	uint64_t lines_minute;      /* of the log: the last in which the user caused a line */
	unsigned int turn_requests; /* requests in that turn */
	unsigned int lines;         /* lines in that minute */
	size_t in_flight;           /* descriptors sent and maybe unread */
};

#endif
