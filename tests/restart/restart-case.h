/* SPDX-License-Identifier: MIT */
/*
 * A broker and its keeper as processes that a test may kill. Alone, the broker starts its keeper,
 * and that one starts the next broker; supervised, the test runs both, as a service manager would.
 *
 * Both are copies in a directory of the test's own, and what runs from there is theirs: the keeper
 * leaves session and parent, so there is no better way to know them. A janitor, who outlives the
 * test however it ends, kills all of it, and shows the log of a test that failed.
 */
#ifndef PRSHM_TESTS_RESTART_CASE_H
#define PRSHM_TESTS_RESTART_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"

struct place {
	char directory[64];
	char socket[96];
	char keeper_socket[96];
	char configuration[96];
	char log[96];
	bool supervised;
	pid_t janitor;
	int janitor_fd; /* its end tells the janitor that the test has ended */
	int gate;       /* a broker begins only when a byte comes from there; -1: at once */
	size_t readies; /* brokers that have become ready, at the last look */
};
extern struct place place;

/* Fixtures: both run, the broker serves, the configuration is empty. */
extern const struct fixture place_alone;
extern const struct fixture place_supervised;
/* The same with nothing started. */
void place_prepare(bool supervised);

/* The one process that runs the copy of that program; waits until there is exactly one. */
pid_t place_find(const char *program);
#define broker_pid() place_find("prshmd")
#define keeper_pid() place_find("prshm-keeper")
/* How many there are now. */
size_t place_count(const char *program);
void place_await_count(const char *program, size_t count);

/* Starts one, supervised or the first one. The second also where its program has another name. */
void keeper_begin(void);
pid_t broker_begin(const char *program);
/* Returns when a broker, other than those before, serves. */
void broker_await(void);
/* Sends a signal that ends it, and waits for that. */
void process_end(pid_t pid, int signal_number);
void process_await_end(pid_t pid);
/* SIGKILL, and then broker_next. */
void broker_restart(void);
/* Another broker, which somebody else starts unless the place is supervised, serves. */
void broker_next(void);

/* Another configuration, which the broker has read. */
void place_configure(const char *text);
/* How often the log says that; waits until it says so. */
size_t place_said(const char *text);
void place_await_said(const char *text, size_t count);
/*
 * Those of the keeper when it is at rest: it drops the connections of ask_stat with its next burst.
 * And waits until it has so many, not counting what it has still to read.
 */
size_t keeper_settled_fds(void);
void keeper_await_fds(size_t count);

int place_connect(void); /* bare, time-outs of 20 seconds */
/* By connections of their own; as root, who may ask all. */
void restarted_await(int connection); /* the next message is RESTARTED */
enum status ask(struct wire_request *request, struct answer *answer); /* no descriptors */
enum status ask_stat(const char *name, struct wire_stated *out);
void ask_holders(const char *name, uint32_t count); /* waits until it is so many */
void ask_gone(const char *name);                    /* waits for it */

void nap(void);

#endif
