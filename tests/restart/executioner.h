/* SPDX-License-Identifier: MIT */
/*
 * Counts the system calls of a process, and kills it before the one it is told: after all those
 * before it have been done, and with nothing of it done. A process of its own, as it is ptrace(2)
 * that does it, for which one has to wait.
 */
#ifndef PRSHM_TESTS_RESTART_EXECUTIONER_H
#define PRSHM_TESTS_RESTART_EXECUTIONER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct execution {
	uint64_t calls; /* begun by the victim so far */
	bool attached;
	bool done;             /* the victim is dead, by us */
	int error;             /* of ptrace(2): it does not let us */
	uint64_t number;       /* of the last system call that was begun */
	uint64_t arguments[3]; /* the first ones */
};

/* Returns when calls are counted. at: from 1; 0: never. False: it may not be traced. */
bool executioner_begin(pid_t victim, uint64_t at);
/* A victim that lives goes on alone. What became of it. */
struct execution executioner_end(void);
/* The same, of one that goes on. */
struct execution executioner_look(void);

/* "sendmsg", or its number. */
const char *call_name(uint64_t number);

#endif
