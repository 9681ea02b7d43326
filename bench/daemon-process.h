/* SPDX-License-Identifier: MIT */
/*
 * A real prshmd of our own, started by socket activation, on the CPU that we run on; and the keeper
 * that it starts, unless it is told not to.
 */
#ifndef PRSHM_BENCH_DAEMON_PROCESS_H
#define PRSHM_BENCH_DAEMON_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/warden.h"

struct place;

struct daemon_process {
	struct warden warden;
	char name[16]; /* of the program, as the kernel has it */
	char socket[64];
	char configuration[72]; /* a file; "": none was given */
};

/*
 * No limit of a user's own is in the way of a bench, and no memory is found that nobody touches:
 * what a broker takes for a segment is measured, and bench/first-touch.c has what its memory takes.
 */
#define CONFIGURATION_UNLIMITED                                                                    \
	"[broker]\npreallocate = never\n[limits]\nuser-segments = 1M\nuser-bytes = 1T\n"           \
	"user-connections = 1M\nuser-handles = 1M\n"

struct daemon_options {
	const char *program;       /* NULL: the place's own */
	const char *configuration; /* the text of it, for --config; NULL: without that option */
	bool no_keeper;
	const char *log; /* a file to append its log to, or NULL */
};

/* Returns once it has answered; false: it never will. options: NULL for none of them. */
bool daemon_process_start(struct daemon_process *daemon, const struct place *place,
	const struct daemon_options *options);
/* It ends as it should, and so does its keeper. */
void daemon_process_stop(struct daemon_process *daemon);
/* All of it is killed, whatever it is at. */
void daemon_process_kill(struct daemon_process *daemon);

/* As of now, for each may have been killed and started again; 0: there is none at this moment. */
pid_t daemon_process_broker(const struct daemon_process *daemon);
pid_t daemon_process_keeper(const struct daemon_process *daemon);

/* A new connection that the daemon has answered on, as every client's soon is; -1: none. */
int daemon_process_connect(const struct daemon_process *daemon);

#endif
