/* SPDX-License-Identifier: MIT */
/* What every C test shares. */
#include "tests/lib/testing.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/process.h"

/* Sanitizers and a loaded machine of two cores: a test that needs longer hangs. */
#define TEST_SECONDS 300

static size_t fds_before;

bool testing_is_long(void)
{
	return getenv("PRSHM_TEST_LONG") != NULL;
}

static void remember_fds(void)
{
	fds_before = process_count_fds(0);
}

static void compare_fds(void)
{
	ck_assert_msg(process_count_fds(0) == fds_before, "%zu descriptors open before, %zu after",
		fds_before, process_count_fds(0));
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
