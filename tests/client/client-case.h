/* SPDX-License-Identifier: MIT */
/*
 * A test case of the library: a broker, the library's one connection to it, and a count of
 * descriptors from then until the end of the test. Beside it, what the broker knows, asked on a
 * connection that is not the library's.
 */
#ifndef PRSHM_TESTS_CLIENT_CASE_H
#define PRSHM_TESTS_CLIENT_CASE_H

#include <stdint.h>
#include <sys/types.h>

#include "tests/lib/broker.h"
#include "wire/wire.h"

/* The broker of the running test. A test may kill and restart it. */
extern struct broker_process client_broker;

/* A test of it fails if it ends with other descriptors open than the library's connection. */
#define CLIENT_FIXTURE client_begin, client_end, .uncounted = true
void client_begin(void); /* no descriptor that is open then goes through an exec, but 0, 1 and 2 */
void client_end(void);
/* The same without parked handles, for what they make different: what is asked for, and mapped. */
#define CLIENT_UNPARKED_FIXTURE client_begin_unparked, client_end, .uncounted = true
void client_begin_unparked(void);

/*
 * Kills the broker. Nobody listens any more; the library's next call finds its connection broken.
 */
void client_lose_broker(void);

/* STAT: the reply's status; out may be NULL. */
enum status client_stat(const char *name, struct wire_stated *out);

/*
 * Returns when the broker counts so many opens of the segment: CLOSE is one-way, and the end of a
 * process is noticed later. Fails the test if it never does.
 */
void client_await_holders(const char *name, uint32_t count);

/* Fails the test unless the last error is this one. */
void client_expect_error(int code);

/* Runs this very program in that ROLE. */
pid_t client_run_self(const char *role);

#endif
