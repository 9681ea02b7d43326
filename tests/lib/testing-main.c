/* SPDX-License-Identifier: MIT */
/* The main program of every C test: what has registered itself is run. */
#include "tests/lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct testing_item *first;

static bool is_before(const struct testing_item *item, const struct testing_item *other)
{
	int order = strcmp(item->file, other->file);

	return order < 0 || (order == 0 && item->line < other->line);
}

void testing_add(struct testing_item *item)
{
	struct testing_item **link = &first;

	while (*link && is_before(*link, item))
		link = &(*link)->next;
	item->next = *link;
	*link = item;
}

/* The arguments name the tests to run; without any, all are. */
static bool is_wanted(const char *name, char *const *arguments)
{
	if (!*arguments)
		return true;
	while (*arguments && strcmp(*arguments, name) != 0)
		arguments++;
	return *arguments;
}

static const char *reason_to_skip(const struct testing_item *test, const struct fixture *fixture)
{
	const char *reason = fixture->unless ? fixture->unless() : NULL;

	return !reason && test->unless ? test->unless() : reason;
}

struct run {
	Suite *suite;
	char *const *arguments;
	const char *reason; /* why a test was skipped, the last one */
	size_t tests;
};

static bool is_of(const struct testing_item *item, const char *file)
{
	return strcmp(item->file, file) == 0;
}

static int times(const struct testing_item *test)
{
	return test->short_count > 0 && !testing_is_long() ? test->short_count : test->count;
}

/* The tests of one file from this item on, up to the next one that names fixtures. */
static void add_case(struct run *run, const struct fixture *fixture, const char *file,
	const struct testing_item *item)
{
	const char *name = fixture->name ? fixture->name : basename(file);
	TCase *tcase = NULL;

	for (; item && !item->fixtures && is_of(item, file); item = item->next) {
		const char *reason;

		if (!item->test || !is_wanted(item->test->name, run->arguments))
			continue;
		reason = reason_to_skip(item, fixture);
		if (reason) {
			printf("# skipped: %s: %s\n", item->test->name, reason);
			run->reason = reason;
			continue;
		}
		if (!tcase)
			tcase = testing_case(run->suite, name, fixture);
		_tcase_add_test(tcase, item->test, item->signal, 0, 0, times(item));
		run->tests++;
	}
}

static void add_cases(struct run *run)
{
	const struct fixture *const plain[] = {&(const struct fixture){.name = NULL}, NULL};
	const char *file = "";

	for (const struct testing_item *item = first; item; item = item->next) {
		const struct fixture *const *fixtures = item->fixtures;

		if (!fixtures && !is_of(item, file))
			fixtures = plain;
		file = item->file;
		for (; fixtures && *fixtures; fixtures++)
			add_case(run, *fixtures, file, item->fixtures ? item->next : item);
	}
}

static void finish(void)
{
	for (const struct testing_item *item = first; item; item = item->next) {
		for (size_t i = 0; item->fixtures && item->fixtures[i]; i++) {
			if (item->fixtures[i]->finish)
				item->fixtures[i]->finish();
		}
	}
}

static bool run_tests(const struct run *run)
{
	SRunner *runner = srunner_create(run->suite);
	int failed;

	srunner_set_fork_status(runner, CK_FORK);
	srunner_set_tap(runner, "-");
	if (run->tests > 0)
		srunner_run_all(runner, CK_SILENT);
	else
		printf("1..0 # SKIP %s\n", run->reason ? run->reason : "no test has that name");
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0;
}

int main(int argc, char **argv)
{
	struct run run = {.arguments = argv + 1};
	bool well;

	unsetenv("NOTIFY_SOCKET"); /* of whoever runs the tests; a test may set its own */

	for (struct testing_item *item = first; item && argc == 2; item = item->next) {
		if (item->role && strcmp(item->role, argv[1]) == 0)
			return item->play();
	}
	run.suite = suite_create(argv[0]);
	add_cases(&run);
	well = run_tests(&run);
	finish();
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
