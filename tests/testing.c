/* SPDX-License-Identifier: MIT */
/* What every C test shares. */
#include "tests/testing.h"

#include <dirent.h>
#include <stdlib.h>

/* Sanitizers and a loaded machine of two cores: a test that needs longer hangs. */
#define TEST_SECONDS 120

static size_t fds_before;

size_t testing_count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 3; /* ".", "..", and the directory itself */
}

static void remember_fds(void)
{
	fds_before = testing_count_fds();
}

static void compare_fds(void)
{
	ck_assert_msg(testing_count_fds() == fds_before, "%zu descriptors open before, %zu after",
		fds_before, testing_count_fds());
}

TCase *testing_case(Suite *suite, const char *name, void (*setup)(void), void (*teardown)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, TEST_SECONDS);
	tcase_add_checked_fixture(tcase, remember_fds, compare_fds);
	if (setup || teardown)
		tcase_add_checked_fixture(tcase, setup, teardown);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int testing_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, CK_FORK);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
