/* SPDX-License-Identifier: MIT */
/*
 * A real prshmd for a test, started by socket activation: the test makes the listening socket, so
 * it may connect at once, and as root gives the broker a uid of its own, as the service does.
 */
#ifndef PRSHM_TESTS_LIB_BROKER_H
#define PRSHM_TESTS_LIB_BROKER_H

#include <sys/resource.h>
#include <sys/types.h>

#include "tests/lib/process.h"
#include "tests/lib/user.h"

struct broker_process {
	pid_t pid;          /* 0: not running */
	int listening_fd;   /* the test keeps it, so that a next broker can take over */
	char directory[64]; /* mode 0755, of the test's own */
	char socket[96];
};

struct broker_options {
	const char *const *arguments; /* for prshmd, NULL-terminated; or NULL */
	rlim_t descriptors;           /* RLIMIT_NOFILE of the broker; 0: the test's */
	uid_t uid;                    /* of the broker where the tests run as root; 0: BROKER_UID */
};

/* Makes directory and socket, exports PRSHM_SOCKET and starts the broker. options may be NULL. */
void broker_process_start(struct broker_process *broker, const struct broker_options *options);
/* Starts one again on the same socket, after a stop or a kill. */
void broker_process_restart(struct broker_process *broker, const struct broker_options *options);
/* Sends the signal and waits. Returns what waitpid(2) says. */
int broker_process_kill(struct broker_process *broker, int signal_number);
/* SIGTERM; fails the test unless the broker ends with status 0. Removes the directory. */
void broker_process_stop(struct broker_process *broker);

/* A bare connection to it, without the client library; time-outs of 20 seconds. */
int broker_process_connect(const struct broker_process *broker);
#endif
