/* SPDX-License-Identifier: MIT */
/* What the macros of testing.h are made of: an item is a test, the fixtures of tests, or a role. */
#ifndef PRSHM_TESTS_LIB_TESTING_ITEM_H
#define PRSHM_TESTS_LIB_TESTING_ITEM_H

#include <check.h>

struct fixture;

struct testing_item {
	const char *file;
	int line;
	const TTest *test;                     /* this one or one of the next two is set */
	const struct fixture *const *fixtures; /* ends with NULL */
	const char *role;
	int count;       /* this and the next three: of a test */
	int short_count; /* 0: as many in the short form */
	int signal;
	const char *(*unless)(void);
	int (*play)(void);         /* of a role */
	struct testing_item *next; /* sorted by file, then by line */
};

void testing_add(struct testing_item *item);
TCase *testing_case(Suite *suite, const char *name, const struct fixture *fixture);

#define TESTING_JOIN_(a, b)  a##_at_##b
#define TESTING_JOIN(a, b)   TESTING_JOIN_(a, b)
#define TESTING_UNIQUE(name) TESTING_JOIN(name, __LINE__)

#define TESTING_ITEM(...) TESTING_ITEM_(__VA_ARGS__)
#define TESTING_ITEM_(name_, ...)                                                                  \
	__attribute__((constructor)) static void name_##_add(void)                                 \
	{                                                                                          \
		static struct testing_item item = {                                                \
			.file = __FILE__, .line = __LINE__, __VA_ARGS__};                          \
                                                                                                   \
		testing_add(&item);                                                                \
	}

#define TESTING_TEST(name_, ...)                                                                   \
	static void name_(int _i);                                                                 \
	static const TTest name_##_test = {#name_, name_, __FILE__, __LINE__};                     \
	TESTING_ITEM(name_##_item, .test = &name_##_test, __VA_ARGS__)                             \
	static void name_(int _i __attribute__((unused)))

#endif
