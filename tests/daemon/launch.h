/* SPDX-License-Identifier: MIT */
/*
 * prshmd started in any way a test wants, its words and its exit status watched.
 *
 *	struct launched broker;
 *	launch(&(struct launch){.arguments = {"--help"}}, &broker);
 *	ck_assert_int_eq(launched_wait(&broker), 0);
 *	ck_assert_ptr_nonnull(strstr(broker.text, "Usage"));
 */
#ifndef PRSHM_TESTS_DAEMON_LAUNCH_H
#define PRSHM_TESTS_DAEMON_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LAUNCH_MAX 4

struct launch {
	const char *arguments[LAUNCH_MAX + 1];   /* besides the program's name */
	const char *environment[LAUNCH_MAX + 1]; /* "NAME=value", added to the test's */
	int passed[LAUNCH_MAX];                  /* descriptors to be found from 3 on */
	size_t passed_count;                     /* 0: no activation */
	bool to_journal;                         /* standard error says it is the journal's */
	void (*prepare)(void);                   /* called in the child; or NULL */
};

struct launched {
	pid_t pid;
	int output;       /* its standard output and error, to be read by the functions below */
	char text[16384]; /* what it has said so far, terminated */
	size_t length;
};

void launch(const struct launch *how, struct launched *out);
/* Reads on until the text has this in it; fails the test if it ends without. */
void launched_await(struct launched *launched, const char *said);
/* Reads to the end and waits. The exit status, or 128 plus the signal. */
int launched_wait(struct launched *launched);
/* The same after SIGTERM. */
int launched_stop(struct launched *launched);

#endif
