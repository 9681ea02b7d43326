/* SPDX-License-Identifier: MIT */
/* What every C test shares. */
#include "tests/lib/testing.h"

#include <dirent.h>
#include <unistd.h>

/* Sanitizers and a loaded machine of two cores: a test that needs longer hangs. */
#define TEST_SECONDS 300

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

TCase *testing_case(Suite *suite, const char *name, const struct fixture *fixture)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, fixture->seconds ? fixture->seconds : TEST_SECONDS);
	if (!fixture->uncounted)
		tcase_add_checked_fixture(tcase, remember_fds, compare_fds);
	tcase_add_checked_fixture(tcase, fixture->begin, fixture->end);
	suite_add_tcase(suite, tcase);
	return tcase;
}

const char *without_root(void)
{
	return geteuid() == 0 ? NULL : "needs root, to be several users";
}
