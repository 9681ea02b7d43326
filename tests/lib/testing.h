/* SPDX-License-Identifier: MIT */
/*
 * How a C test is written. A test registers itself. testing-main.c runs the tests of a program,
 * each in a process of its own, and prints TAP; all of them, or those that the arguments name. A
 * test fails if it ends with other descriptors open than it began with.
 *
 *	FIXTURE(start_broker, stop_broker);
 *
 *	TEST(reader_cannot_reopen_for_writing)
 *	{
 *		ck_assert_int_lt(open(path, O_RDWR), 0);
 *	}
 */
#ifndef PRSHM_TESTS_LIB_TESTING_H
#define PRSHM_TESTS_LIB_TESTING_H

#include <check.h>
#include <stdbool.h>

#include "tests/lib/testing-item.h"

/*
 * check(3) calls this function at each assertion that holds, and writes a file there, to tell after
 * a crash which assertion was the last. Some tests make millions of assertions.
 */
#define _mark_point(file, line) ((void)0)

/* What surrounds a test. */
struct fixture {
	void (*begin)(void);         /* or NULL; runs in the process of the test, as end does */
	void (*end)(void);           /* or NULL */
	const char *name;            /* in the points; NULL: that of the file */
	unsigned int seconds;        /* after which a test hangs; 0: see testing.c */
	bool uncounted;              /* descriptors are not compared, or are by begin and end */
	const char *(*unless)(void); /* the reason to skip the tests here, or NULL: run them */
	void (*finish)(void);        /* once, in the program itself, when its tests have run */
};

/* The fixture of the tests below this line of the file, up to the next such line. */
#define FIXTURE(...) TESTING_FIXTURE(__VA_ARGS__) /* begin, end, and .member = value, ... */
#define TESTING_FIXTURE(begin_, end_, ...)                                                         \
	static const struct fixture TESTING_UNIQUE(fixture) = {                                    \
		.begin = (begin_), .end = (end_), ##__VA_ARGS__};                                  \
	FIXTURES(&TESTING_UNIQUE(fixture))
/* The same for fixtures that are shared by files. Each test below runs with each of them. */
#define FIXTURES(...)                                                                              \
	static const struct fixture *const TESTING_UNIQUE(fixtures)[] = {__VA_ARGS__, NULL};       \
	TESTING_ITEM(TESTING_UNIQUE(item), .fixtures = TESTING_UNIQUE(fixtures))                   \
	struct fixture /* takes the semicolon */

#define TEST(name) TESTING_TEST(name, .count = 1)
/* Runs count times, a point each, with _i from 0 on. */
#define TEST_LOOP(name, count_) TESTING_TEST(name, .count = (int)(count_))
/* In the short form the first short_ of them run, in the long form all. */
#define TEST_LOOP_LONG(name, short_, count_)                                                       \
	TESTING_TEST(name, .count = (int)(count_), .short_count = (int)(short_))
/* Passes if this signal ends it. */
#define TEST_SIGNAL(name, signal_) TESTING_TEST(name, .count = 1, .signal = (signal_))
/* Is skipped if unless_ returns a reason. */
#define TEST_UNLESS(unless_, name) TESTING_TEST(name, .count = 1, .unless = (unless_))

/* What the program does instead of tests if its one argument is this name. The exit status. */
#define ROLE(name_)                                                                                \
	static int name_(void);                                                                    \
	TESTING_ITEM(name_##_item, .role = #name_, .play = name_)                                  \
	static int name_(void)

/* For .unless and TEST_UNLESS. */
const char *without_root(void);

/* PRSHM_TEST_LONG=1 asks for all of what repeats the same. */
bool testing_is_long(void);

#endif
