/* SPDX-License-Identifier: MIT */
/* Processes that a test starts: how they end, what they have open, and what they say. */
#ifndef PRSHM_TESTS_LIB_PROCESS_H
#define PRSHM_TESTS_LIB_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/* Waits for a child's end. Its exit status, or 128 plus the signal. */
int process_wait(pid_t child);
/* The same; fails the test unless that is 0. */
void process_join(pid_t child);
/* Sends the signal before. */
int process_end_child(pid_t child, int signal_number);

/* How many descriptors it has open now. 0: this process. */
size_t process_count_fds(pid_t pid);

/*
 * In a child that is to run another program, or to be ended by a signal: Check's handlers, and the
 * variables of the service manager, are the test's.
 */
void process_forget_test(void);

/* How many lines of its log have this text; waits until there are that many. */
size_t process_said(const char *log, const char *text);
void process_await_said(const char *log, const char *text, size_t count);

#endif
