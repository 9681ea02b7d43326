/* SPDX-License-Identifier: MIT */
/*
 * The last error, the names of errors, and PR_Init: what a program may rely on in any thread.
 * The literal numbers are libnspr4's; they are not taken from the table under test.
 */
#include "nspr.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/testing.h"

Suite *error_suite(void);

static void in_a_thread(void *(*start)(void *), void *arg)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, start, arg), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static const struct {
	PRErrorCode code;
	int value;
	const char *name;
} known[] = {
	{PR_OUT_OF_MEMORY_ERROR, -6000, "PR_OUT_OF_MEMORY_ERROR"},
	{PR_UNKNOWN_ERROR, -5994, "PR_UNKNOWN_ERROR"},
	{PR_NOT_IMPLEMENTED_ERROR, -5992, "PR_NOT_IMPLEMENTED_ERROR"},
	{PR_INVALID_ARGUMENT_ERROR, -5987, "PR_INVALID_ARGUMENT_ERROR"},
	{PR_CONNECT_REFUSED_ERROR, -5981, "PR_CONNECT_REFUSED_ERROR"},
	{PR_INSUFFICIENT_RESOURCES_ERROR, -5974, "PR_INSUFFICIENT_RESOURCES_ERROR"},
	{PR_PROC_DESC_TABLE_FULL_ERROR, -5971, "PR_PROC_DESC_TABLE_FULL_ERROR"},
	{PR_NO_ACCESS_RIGHTS_ERROR, -5966, "PR_NO_ACCESS_RIGHTS_ERROR"},
	{PR_BUFFER_OVERFLOW_ERROR, -5962, "PR_BUFFER_OVERFLOW_ERROR"},
	{PR_FILE_TOO_BIG_ERROR, -5957, "PR_FILE_TOO_BIG_ERROR"},
	{PR_NAME_TOO_LONG_ERROR, -5951, "PR_NAME_TOO_LONG_ERROR"},
	{PR_FILE_NOT_FOUND_ERROR, -5950, "PR_FILE_NOT_FOUND_ERROR"},
	{PR_FILE_EXISTS_ERROR, -5943, "PR_FILE_EXISTS_ERROR"},
	{PR_CALL_ONCE_ERROR, -5925, "PR_CALL_ONCE_ERROR"},
	{PR_MAX_ERROR, -5924, "PR_MAX_ERROR"},
};

TEST_LOOP(codes_have_nspr_values_and_names, PR_ARRAY_SIZE(known))
{
	ck_assert_int_eq(known[_i].code, known[_i].value);
	ck_assert_str_eq(PR_ErrorToName(known[_i].code), known[_i].name);
}

TEST(every_code_has_a_name_and_a_text_of_its_own)
{
	for (PRErrorCode code = -6000; code <= -5924; code++) {
		ck_assert_ptr_nonnull(PR_ErrorToName(code));
		ck_assert_int_eq(strncmp(PR_ErrorToName(code), "PR_", 3), 0);
		for (PRErrorCode other = -6000; other < code; other++) {
			ck_assert_str_ne(PR_ErrorToName(code), PR_ErrorToName(other));
			ck_assert_str_ne(PR_ErrorToString(code, PR_LANGUAGE_EN),
				PR_ErrorToString(other, PR_LANGUAGE_EN));
		}
	}
}

TEST(other_numbers_have_no_name_and_a_text_that_shows_them)
{
	const PRErrorCode others[] = {-6001, -5923, -1, 256, PR_INT32_MAX, PR_INT32_MIN};
	const char *texts[] = {"-6001", "-5923", "-1", "256", "2147483647", "-2147483648"};

	for (size_t i = 0; i < PR_ARRAY_SIZE(others); i++) {
		ck_assert_ptr_null(PR_ErrorToName(others[i]));
		ck_assert_ptr_nonnull(strstr(PR_ErrorToString(others[i], 0), texts[i]));
	}
}

TEST(errno_values_have_the_systems_text_and_no_name)
{
	ck_assert_ptr_null(PR_ErrorToName(ENOENT));
	ck_assert_str_eq(PR_ErrorToString(ENOENT, 0), strerror(ENOENT));
	ck_assert_str_eq(PR_ErrorToString(0, 0), strerror(0));
	ck_assert_ptr_nonnull(PR_ErrorToString(255, 0));
}

TEST(any_language_gives_the_same_text)
{
	ck_assert_str_eq(PR_ErrorToString(PR_IO_ERROR, PR_LANGUAGE_EN),
		PR_ErrorToString(PR_IO_ERROR, PR_LANGUAGE_I_DEFAULT));
	ck_assert_str_eq(PR_ErrorToString(PR_IO_ERROR, 99), PR_ErrorToString(PR_IO_ERROR, 0));
	ck_assert_str_eq(PR_ErrorLanguages()[PR_LANGUAGE_I_DEFAULT], "i-default");
	ck_assert_str_eq(PR_ErrorLanguages()[PR_LANGUAGE_EN], "en");
	ck_assert_ptr_null(PR_ErrorLanguages()[2]);
}

static void *has_no_error_then_sets_one(void *arg)
{
	(void)arg;
	ck_assert_int_eq(PR_GetError(), 0);
	ck_assert_int_eq(PR_GetOSError(), 0);
	ck_assert_int_eq(PR_GetErrorTextLength(), 0);
	PR_SetError(PR_IO_ERROR, EIO);
	PR_SetErrorText(6, "thread");
	return NULL;
}

TEST(each_thread_has_an_error_of_its_own)
{
	char text[] = "......";

	PR_SetError(PR_FILE_NOT_FOUND_ERROR, ENOENT);
	PR_SetErrorText(4, "main");
	in_a_thread(has_no_error_then_sets_one, NULL);
	ck_assert_int_eq(PR_GetError(), PR_FILE_NOT_FOUND_ERROR);
	ck_assert_int_eq(PR_GetOSError(), ENOENT);
	ck_assert_int_eq(PR_GetErrorText(text), 4);
	ck_assert_str_eq(text, "main");
}

TEST(setting_an_error_keeps_errno_and_forgets_the_text)
{
	PR_SetErrorText(5, "stale");
	errno = EXDEV;
	PR_SetError(-12285, 0);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(PR_GetError(), -12285);
	ck_assert_int_eq(PR_GetOSError(), 0);
	ck_assert_int_eq(PR_GetErrorTextLength(), 0);
}

TEST(a_text_keeps_its_nuls_and_gets_one_at_its_end)
{
	char text[] = "#######";

	PR_SetError(PR_IO_ERROR, EIO);
	PR_SetErrorText(5, "a\0b\0cde");
	ck_assert_int_eq(PR_GetErrorTextLength(), 5);
	ck_assert_int_eq(PR_GetErrorText(text), 5);
	ck_assert_mem_eq(text, "a\0b\0c\0#", 8);
	ck_assert_int_eq(PR_GetError(), PR_IO_ERROR);
	ck_assert_int_eq(PR_GetOSError(), EIO);
}

TEST(a_new_text_replaces_a_longer_one)
{
	char text[] = "#######";

	PR_SetErrorText(6, "longer");
	PR_SetErrorText(2, "so");
	ck_assert_int_eq(PR_GetErrorText(text), 2);
	ck_assert_mem_eq(text, "so\0####", 8);
}

TEST(no_length_or_no_text_takes_the_text_away)
{
	const struct {
		PRIntn length;
		const char *text;
	} none[] = {{0, "text"}, {0, ""}, {0, NULL}, {5, NULL}, {-1, "text"}, {-1, NULL}};
	char text[] = "###";

	for (size_t i = 0; i < PR_ARRAY_SIZE(none); i++) {
		PR_SetErrorText(5, "stale");
		PR_SetErrorText(none[i].length, none[i].text);
		ck_assert_int_eq(PR_GetErrorTextLength(), 0);
		ck_assert_int_eq(PR_GetErrorText(text), 0);
		ck_assert_str_eq(text, "###");
	}
}

TEST(a_text_is_read_no_further_than_its_length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, flags, -1, 0);

	ck_assert_ptr_ne(two, MAP_FAILED);
	memcpy(two + page - 3, "end", 3);
	ck_assert_int_eq(mprotect(two + page, page, PROT_NONE), 0);
	PR_SetErrorText(3, two + page - 3);
	ck_assert_int_eq(PR_GetErrorTextLength(), 3);
	munmap(two, 2 * page);
}

TEST(a_text_beyond_the_bound_is_cut_there)
{
	static char long_text[PRSHM_ERROR_TEXT_MAX + 2];
	static char text[PRSHM_ERROR_TEXT_MAX + 2];

	memset(long_text, 'x', sizeof(long_text));
	PR_SetErrorText(PRSHM_ERROR_TEXT_MAX, long_text);
	ck_assert_int_eq(PR_GetErrorTextLength(), PRSHM_ERROR_TEXT_MAX);
	PR_SetErrorText(PRSHM_ERROR_TEXT_MAX + 1, long_text);
	ck_assert_int_eq(PR_GetErrorTextLength(), PRSHM_ERROR_TEXT_MAX);
	text[PRSHM_ERROR_TEXT_MAX + 1] = '#';
	ck_assert_int_eq(PR_GetErrorText(text), PRSHM_ERROR_TEXT_MAX);
	ck_assert_uint_eq(strlen(text), PRSHM_ERROR_TEXT_MAX);
	ck_assert_int_eq(text[PRSHM_ERROR_TEXT_MAX + 1], '#');
}

TEST(getting_a_text_into_null_returns_0)
{
	PR_SetErrorText(4, "text");
	ck_assert_int_eq(PR_GetErrorText(NULL), 0);
	ck_assert_int_eq(PR_GetErrorTextLength(), 4);
}

static void *clean_up(void *status)
{
	*(PRStatus *)status = PR_Cleanup();
	return NULL;
}

static void *begin(void *arg)
{
	PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
	ck_assert_int_eq(PR_Initialized(), PR_TRUE);
	return arg;
}

static void *begin_and_clean_up(void *status)
{
	return clean_up(begin(status));
}

TEST(init_may_be_repeated_and_cleanup_ends_it)
{
	ck_assert_int_eq(PR_Initialized(), PR_FALSE);
	for (int round = 0; round < 2; round++) {
		PR_STDIO_INIT();
		PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
		PR_Init(PR_SYSTEM_THREAD, PR_PRIORITY_LAST, 7);
		ck_assert_int_eq(PR_Initialized(), PR_TRUE);
		ck_assert_int_eq(PR_Cleanup(), PR_SUCCESS);
		ck_assert_int_eq(PR_Initialized(), PR_FALSE);
	}
}

TEST(cleanup_without_init_succeeds_in_any_thread)
{
	PRStatus status = PR_FAILURE;

	ck_assert_int_eq(PR_Cleanup(), PR_SUCCESS);
	in_a_thread(clean_up, &status);
	ck_assert_int_eq(status, PR_SUCCESS);
}

TEST(only_the_thread_that_began_may_clean_up)
{
	PRStatus status = PR_SUCCESS;

	begin(NULL);
	in_a_thread(begin_and_clean_up, &status);
	ck_assert_int_eq(status, PR_FAILURE);
	ck_assert_int_eq(PR_Initialized(), PR_TRUE);
	ck_assert_int_eq(PR_Cleanup(), PR_SUCCESS);
}

TEST(who_began_before_a_cleanup_may_not_end_what_another_began_after_it)
{
	begin(NULL);
	ck_assert_int_eq(PR_Cleanup(), PR_SUCCESS);
	in_a_thread(begin, NULL);
	ck_assert_int_eq(PR_Cleanup(), PR_FAILURE);
}

TEST(a_thread_that_began_and_ended_leaves_its_right_to_nobody)
{
	PRStatus status = PR_SUCCESS;

	in_a_thread(begin, NULL);
	in_a_thread(clean_up, &status); /* likely to have the same pthread_t */
	ck_assert_int_eq(status, PR_FAILURE);
	ck_assert_int_eq(PR_Cleanup(), PR_FAILURE);
}

TEST(init_and_cleanup_leave_the_error_and_sigpipe_alone)
{
	struct sigaction action;

	signal(SIGPIPE, SIG_DFL);
	PR_SetError(PR_IO_ERROR, EIO);
	PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
	PR_Cleanup();
	ck_assert_int_eq(PR_GetError(), PR_IO_ERROR);
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
}
