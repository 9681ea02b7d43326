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
	char configuration[72]; /* a file; "": none was given */
};

/* No limit of a user's own is in the way of a bench. */
#define CONFIGURATION_UNLIMITED                                                                    \
	"[limits]\nuser-segments = 1M\nuser-bytes = 1T\nuser-connections = 1M\n"                   \
	"user-handles = 1M\n"

/*
 * Returns once it has answered; false: it never will. program: NULL for the place's own.
 * configuration: the text of it, for --config; NULL: without that option.
 */
bool daemon_process_start(struct daemon_process *daemon, const struct place *place,
	const char *program, const char *configuration);
void daemon_process_stop(struct daemon_process *daemon);

/* A new connection that the daemon has answered on, as every client's soon is; -1: none. */
int daemon_process_connect(const struct daemon_process *daemon);

#endif
