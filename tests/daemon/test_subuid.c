/* SPDX-License-Identifier: MIT */
/* Files of subordinate uids are read as newuidmap(1) reads them, whatever stands in them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/subuid.h"
#include "tests/lib/testing.h"

static struct principals principals;

static void end(void)
{
	principals_deinit(&principals);
}

FIXTURE(NULL, end);

TEST(a_line_names_an_owner_and_a_range)
{
	ck_assert_ptr_null(subuid_add("1000:100000:65536", &principals));
	ck_assert_uint_eq(principals.count, 1);
	ck_assert_uint_eq(principals_find(&principals, 165535), 1000);
	ck_assert_ptr_null(subuid_add("daemon:200000:1", &principals));
	ck_assert_uint_eq(principals_find(&principals, 200000), 1);
}

TEST(a_name_without_a_uid_leaves_the_range_to_itself)
{
	ck_assert_ptr_null(subuid_add("no-such-user-here:300000:10", &principals));
	ck_assert_uint_eq(principals_find(&principals, 300004), PRINCIPAL_RANGE | 300000);
}

TEST(what_is_no_range_is_refused_with_the_reason)
{
	static const char *const bad[] = {"", ":", "::", "a", "1000:1", ":1:1",
		"1000:1:", "1000::1", "1000:x:1", "1000:-1:1", "1000:1:0", "1000:4294967295:1",
		"1000:4294967296:1", "1000:1:4294967296", "1000:4294967294:2", "1000:1:1:1",
		"1000:1 :1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(subuid_add(bad[i], &principals), "taken: \"%s\"", bad[i]);
	ck_assert_uint_eq(principals.count, 0);
}

TEST(a_file_is_read_to_its_end_past_lines_that_make_no_sense)
{
	char path[] = "/tmp/prshm-subuid.XXXXXX";
	const int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	ck_assert_ptr_nonnull(file);
	fputs("# a comment\n\n1000:100000:65536\nnonsense\n1001:200000:10", file);
	fclose(file);
	ck_assert_int_eq(subuid_read(path, &principals), 0);
	unlink(path);
	ck_assert_uint_eq(principals.count, 2);
	ck_assert_int_eq(subuid_read(path, &principals), 0); /* now there is no file */
	ck_assert_uint_eq(principals.count, 2);
	ck_assert_int_eq(subuid_read("/", &principals), -EIO);
}
