/* SPDX-License-Identifier: MIT */
/* A real prshmd of our own, started by socket activation, on the CPU that we run on. */
#ifndef PRSHM_BENCH_DAEMON_PROCESS_H
#define PRSHM_BENCH_DAEMON_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct place;

struct daemon_process {
	pid_t pid; /* 0: none */
	char socket[64];
};

/* Returns once it has answered; false: it never will. */
bool daemon_process_start(struct daemon_process *daemon, const struct place *place);
void daemon_process_stop(struct daemon_process *daemon);

/* A new connection that the daemon has answered on, as every client's soon is; -1: none. */
int daemon_process_connect(const struct daemon_process *daemon);

#endif
