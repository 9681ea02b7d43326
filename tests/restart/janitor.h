/* SPDX-License-Identifier: MIT */
/*
 * Who knows which processes are a test's, by the directory their programs lie in, and ends them
 * when the test has ended, in whatever way.
 */
#ifndef PRSHM_TESTS_RESTART_JANITOR_H
#define PRSHM_TESTS_RESTART_JANITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For place.directory. */
void janitor_begin(void);
/* Kills what runs there and removes it; well: the log is of no interest. What waitpid(2) says. */
int janitor_end(bool well);

/* A copy of a program of the tree, where any user can reach it. */
void janitor_copy(const char *program);
/* How many processes run the copy; NULL: of any. *pid, unless NULL: one of them. */
size_t janitor_scan(const char *program, pid_t *pid);

#endif
