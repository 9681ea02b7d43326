/* SPDX-License-Identifier: MIT */
/*
 * What every C test shares: a TAP main, and a fixture that counts open descriptors.
 *
 *	int main(void)
 *	{
 *		return testing_run(broker_suite());
 *	}
 */
#ifndef PRSHM_TESTS_TESTING_H
#define PRSHM_TESTS_TESTING_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/* Runs the suite in fork mode and prints TAP. The exit status. */
int testing_run(Suite *suite);

/*
 * A test case whose every test fails if it ends with other descriptors open than it began with.
 * setup and teardown run inside of that, and may be NULL.
 */
TCase *testing_case(Suite *suite, const char *name, void (*setup)(void), void (*teardown)(void));

/* Descriptors of this process that are open now. */
size_t testing_count_fds(void);

#endif
