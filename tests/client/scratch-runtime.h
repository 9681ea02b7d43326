/* SPDX-License-Identifier: MIT */
/*
 * A place for a user's broker of the test's own: XDG_RUNTIME_DIR is an empty directory,
 * PRSHM_DAEMON the prshmd of this build, and PRSHM_SOCKET is not set. Beside it, the brokers that
 * were started in there: they are nobody's children, and have to be looked for.
 */
#ifndef PRSHM_TESTS_SCRATCH_RUNTIME_H
#define PRSHM_TESTS_SCRATCH_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct scratch_runtime {
	char directory[64]; /* XDG_RUNTIME_DIR */
	char socket[96];    /* where the broker would listen */
};

extern struct scratch_runtime scratch_runtime;

/* Fixtures. The teardown kills what was started, and fails unless one broker at most was left. */
void scratch_runtime_set_up(void);
void scratch_runtime_tear_down(void);

/* The broker that listens there: its pid; 0: none does. */
pid_t scratch_runtime_broker(void);
/* Sends the signal, waits for the end of the process, and for nothing else. */
void scratch_runtime_kill(pid_t broker, int signal_number);

/* Whether the machine has a broker of its own, which then every program would go to. */
const char *scratch_runtime_system_broker(void);

#endif
