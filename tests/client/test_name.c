/* SPDX-License-Identifier: MIT */
/* Names as programs write them, and the one spelling that becomes of each. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/name.h"
#include "tests/lib/testing.h"

/* Exists everywhere, and is no symbolic link. */
#define WORKING_DIRECTORY "/usr/bin"

static struct name name;

static void go_to_working_directory(void)
{
	ck_assert_int_eq(chdir(WORKING_DIRECTORY), 0);
}

static const struct {
	const char *given;
	const char *normal;
} accepted[] = {
	{"/a", "/a"},
	{"/a/b/c", "/a/b/c"},
	{"//a", "/a"},
	{"///a////b", "/a/b"},
	{"/a/./b", "/a/b"},
	{"/././a", "/a"},
	{"/a/../b", "/b"},
	{"/a/b/../../c", "/c"},
	{"/..//../a", "/a"},
	{"/a/b/../../../../c", "/c"},
	{"/..a/b../...", "/..a/b../..."},
	{"/.a/.b.", "/.a/.b."},
	{"x", "/usr/bin/x"},
	{"x/y", "/usr/bin/x/y"},
	{"x//y", "/usr/bin/x/y"},
	{"./x", "/usr/bin/x"},
	{"../x", "/usr/x"},
	{"../../x", "/x"},
	{"../../../../x", "/x"},
	{"nowhere/../x", "/usr/bin/x"},
	{"...", "/usr/bin/..."},
	{".x", "/usr/bin/.x"},
	{"/\xff\xfe", "/\xff\xfe"},
	{"/a b\n\t\r", "/a b\n\t\r"},
	{"/\x01\x1b[31m\x7f", "/\x01\x1b[31m\x7f"},
	{"/\\a\\..\\b", "/\\a\\..\\b"},
	{"/gr\xc3\xbc\xc3\x9f", "/gr\xc3\xbc\xc3\x9f"},
};

FIXTURE(go_to_working_directory, NULL);

TEST_LOOP(every_name_has_one_spelling, sizeof(accepted) / sizeof(accepted[0]))
{
	ck_assert_int_eq(name_normalise(accepted[_i].given, &name), STATUS_OK);
	ck_assert_str_eq(name.text, accepted[_i].normal);
	ck_assert_uint_eq(name.length, strlen(accepted[_i].normal));
}

static const char *const directories[] = {"/", "//", "/.", "/..", "/../", "/a/", "/a//", "/a/.",
	"/a/..", "/a/b/../", ".", "..", "./", "../", "../..", "a/", "a/.", "a/.."};

TEST_LOOP(what_ends_like_a_directory_is_no_name, sizeof(directories) / sizeof(directories[0]))
{
	ck_assert_int_eq(name_normalise(directories[_i], &name), -EISDIR);
}

TEST(null_and_empty_are_no_names)
{
	ck_assert_int_eq(name_normalise(NULL, &name), -EINVAL);
	ck_assert_int_eq(name_normalise("", &name), STATUS_NOT_FOUND);
}

/* "/xxx.../xxx...": so many bytes, in parts as long as they may be. */
static char *absolute(size_t length)
{
	static char text[8192];

	ck_assert_uint_lt(length, sizeof(text));
	for (size_t i = 0; i < length; i++)
		text[i] = i % (WIRE_PART_MAX + 1) == 0 ? '/' : 'x';
	text[length] = '\0';
	return text;
}

TEST(a_name_has_at_most_1023_bytes)
{
	ck_assert_int_eq(name_normalise(absolute(1022), &name), STATUS_OK);
	ck_assert_int_eq(name_normalise(absolute(1023), &name), STATUS_OK);
	ck_assert_uint_eq(name.length, 1023);
	ck_assert_str_eq(name.text, absolute(1023));
	ck_assert_int_eq(name_normalise(absolute(1024), &name), -EOVERFLOW);
	ck_assert_int_eq(name_normalise(absolute(1025), &name), -EOVERFLOW);
	ck_assert_int_eq(name_normalise(absolute(5000), &name), -EOVERFLOW);
}

TEST(a_name_too_long_as_given_is_too_long_though_it_would_shrink)
{
	char *text = absolute(1024);

	memset(text, '/', 1000);
	ck_assert_int_eq(name_normalise(text, &name), -EOVERFLOW);
	ck_assert_int_eq(name_normalise(text + 1, &name), STATUS_OK);
	ck_assert_uint_eq(name.length, 25);
}

TEST(a_relative_name_counts_with_its_directory)
{
	const size_t before = strlen(WORKING_DIRECTORY "/");

	ck_assert_int_eq(name_normalise(absolute(1024 - before) + 1, &name), STATUS_OK);
	ck_assert_uint_eq(name.length, 1023);
	ck_assert_int_eq(name_normalise(absolute(1025 - before) + 1, &name), -EOVERFLOW);
}

TEST(a_part_has_at_most_255_bytes)
{
	char text[600] = "/a/";

	memset(text + 3, 'x', 256);
	strcpy(text + 3 + 255, "/b");
	ck_assert_int_eq(name_normalise(text, &name), STATUS_OK);
	strcpy(text + 3 + 255, "x/b");
	ck_assert_int_eq(name_normalise(text, &name), STATUS_NAME_TOO_LONG);
	ck_assert_int_eq(name_normalise(text + 1, &name), STATUS_NAME_TOO_LONG);
	strcpy(text + 3 + 255,
		"x/../b"); /* as in a file system: it is looked up before it is left */
	ck_assert_int_eq(name_normalise(text, &name), STATUS_NAME_TOO_LONG);
}

TEST(no_more_is_read_than_the_longest_name_takes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *unterminated = pages + page - 1024;

	ck_assert(pages != MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
	memcpy(unterminated, absolute(1024), 1024);
	ck_assert_int_eq(name_normalise(unterminated, &name), -EOVERFLOW);
	munmap(pages, 2 * page);
}

TEST(a_deleted_working_directory_has_no_names)
{
	char directory[] = "/tmp/prshm-name.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(rmdir(directory), 0);
	ck_assert_int_eq(name_normalise("x", &name), STATUS_NOT_FOUND);
	ck_assert_int_eq(name_normalise("/x", &name), STATUS_OK);
}

/* So many directories deep, each with a name of 255 bytes. */
static void check_in_depth(int depth, const char *given, int outcome)
{
	char top[] = "/tmp/prshm-name.XXXXXX";
	const char *part = absolute(WIRE_PART_MAX + 1) + 1;

	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	for (int i = 0; i < depth; i++) {
		ck_assert_int_eq(mkdir(part, 0700), 0);
		ck_assert_int_eq(chdir(part), 0);
	}
	int got = name_normalise(given, &name);

	for (int i = 0; i < depth; i++) {
		ck_assert_int_eq(chdir(".."), 0);
		ck_assert_int_eq(rmdir(part), 0);
	}
	ck_assert_int_eq(rmdir(top), 0);
	ck_assert_int_eq(got, outcome);
}

TEST(a_working_directory_may_be_too_long_for_a_name)
{
	check_in_depth(3, "x", STATUS_OK);
	check_in_depth(4, "x", -EOVERFLOW);
	check_in_depth(4, "/x", STATUS_OK);
	check_in_depth(PATH_MAX / (WIRE_PART_MAX + 1) + 2, "x", -EOVERFLOW);
}

/* The i-th string over this alphabet: what tells the cases apart, and nothing else. */
static void spell(unsigned int i, char *out)
{
	static const char alphabet[] = "/.a";

	for (; i > 0; i = (i - 1) / 3)
		*out++ = alphabet[(i - 1) % 3];
	*out = '\0';
}

static bool ends_like_a_directory(const char *text)
{
	const char *slash = strrchr(text, '/');
	const char *last = slash ? slash + 1 : text;

	return *last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
}

TEST(what_is_accepted_is_normal_and_stays_as_it_is)
{
	static struct name again;
	char given[16];

	for (unsigned int i = 1; i < 3 * 6561; i++) { /* up to 8 and some of 9 bytes */
		spell(i, given);
		int outcome = name_normalise(given, &name);

		ck_assert_msg(outcome == (ends_like_a_directory(given) ? -EISDIR : STATUS_OK),
			"\"%s\": %d", given, outcome);
		if (outcome != STATUS_OK)
			continue;
		ck_assert_msg(wire_check_name(name.text, name.length) == STATUS_OK,
			"\"%s\": \"%s\"", given, name.text);
		ck_assert_int_eq(name_normalise(name.text, &again), STATUS_OK);
		ck_assert_str_eq(again.text, name.text);
	}
}
