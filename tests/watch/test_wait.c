/* SPDX-License-Identifier: MIT */
/* Opening what is not there yet. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/watch/watch-case.h"

#define LONG_MS 60000 /* what only a hang takes */

static enum prshm_result open_waiting(const char *name, uint32_t milliseconds)
{
	const struct prshm_options options = {.wait_ms = milliseconds};
	PRSharedMemory *handle = NULL;
	enum prshm_result result = prshm_open(name, &options, &handle);

	if (result == PRSHM_OK)
		PR_CloseSharedMemory(handle);
	return result;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A child that makes it a little later. */
static pid_t make_later(const char *name)
{
	const struct timespec pause = {.tv_nsec = 200000000};
	pid_t child = fork();

	if (child == 0) {
		nanosleep(&pause, NULL);
		PR_CloseSharedMemory(watch_create(name, 0600));
		_exit(0);
	}
	return child;
}

FIXTURE(CLIENT_FIXTURE);

TEST(an_open_waits_until_somebody_creates_it)
{
	pid_t child = make_later("/later");

	ck_assert_int_eq(open_waiting("/later", LONG_MS), PRSHM_OK);
	process_join(child);
	ck_assert_int_eq(open_waiting("/later", LONG_MS), PRSHM_OK); /* at once */
}

TEST(an_open_waits_no_longer_than_it_was_told)
{
	const int64_t begin = milliseconds();

	ck_assert_int_eq(open_waiting("/never", 300), PRSHM_NOT_FOUND);
	ck_assert_int_ge(milliseconds() - begin, 300);
	ck_assert_int_eq(open_waiting("/never", 1), PRSHM_NOT_FOUND);
	ck_assert_int_eq(open_waiting("/never", 0), PRSHM_NOT_FOUND);
}

TEST(what_is_wrong_with_an_open_is_told_at_once)
{
	const int64_t begin = milliseconds();
	const struct prshm_options larger = {.size = 8192, .wait_ms = LONG_MS};
	PRSharedMemory *handle;

	PR_CloseSharedMemory(watch_create("/denied", 0));
	PR_CloseSharedMemory(watch_create("/small", 0600));
	ck_assert_int_eq(prshm_open("/small", &larger, &handle), PRSHM_BAD_SIZE);
	ck_assert_int_eq(open_waiting("", LONG_MS), PRSHM_BAD_NAME);
	ck_assert_int_eq(open_waiting("/a/", LONG_MS), PRSHM_BAD_NAME);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(ALICE), 0);
	ck_assert_int_eq(open_waiting("/denied", LONG_MS), PRSHM_DENIED);
	ck_assert_int_lt(milliseconds() - begin, LONG_MS / 2);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

TEST(with_create_nothing_is_waited_for)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE, .size = 1, .rights.mode = 0600, .wait_ms = LONG_MS};
	PRSharedMemory *handle;

	ck_assert_int_eq(prshm_open("/made", &options, &handle), PRSHM_OK);
	PR_CloseSharedMemory(handle);
}

static void *wait_in_thread(void *name)
{
	return (void *)(intptr_t)open_waiting(name, LONG_MS);
}

TEST(a_thread_that_waits_holds_up_no_other)
{
	char name[] = "/by-thread";
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_thread, name), 0);
	for (int i = 0; i < 200; i++)
		watch_flash("/other");
	PR_CloseSharedMemory(watch_create(name, 0600));
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_int_eq((int)(intptr_t)result, PRSHM_OK);
}

/* The fixture counts descriptors. */
TEST(a_thread_may_be_cancelled_while_it_waits)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	char name[] = "/never";
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_thread, name), 0);
	nanosleep(&pause, NULL);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	watch_flash("/still-works");
}

TEST(a_broker_that_is_restarted_does_not_end_the_wait)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	char name[] = "/after-restart";
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_thread, name), 0);
	nanosleep(&pause, NULL);
	broker_process_kill(&client_broker, SIGKILL);
	broker_process_restart(&client_broker, NULL);
	PR_CloseSharedMemory(watch_create(name, 0600));
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_int_eq((int)(intptr_t)result, PRSHM_OK);
}

TEST(nspr_calls_wait_where_the_environment_says_so)
{
	PRSharedMemory *handle;
	pid_t child = make_later("/nspr-later");

	setenv("PRSHM_OPEN_WAIT_MS", "60000", 1);
	handle = PR_OpenSharedMemory("/nspr-later", 0, 0, 0);
	ck_assert_ptr_nonnull(handle);
	PR_CloseSharedMemory(handle);
	process_join(child);
	setenv("PRSHM_OPEN_WAIT_MS", "100", 1);
	ck_assert_ptr_null(PR_OpenSharedMemory("/never", 0, 0, 0));
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	unsetenv("PRSHM_OPEN_WAIT_MS");
}

TEST(a_wait_that_is_no_number_is_none)
{
	static const char *const values[] = {"", "-1", "+60000", " 60000", "60000 ", "60000ms",
		"0x60000", "8589994592", "1e9", "99999999999999999999999"};
	const int64_t begin = milliseconds();

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		setenv("PRSHM_OPEN_WAIT_MS", values[i], 1);
		ck_assert_ptr_null(PR_OpenSharedMemory("/never", 0, 0, 0));
		client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	}
	unsetenv("PRSHM_OPEN_WAIT_MS");
	ck_assert_int_lt(milliseconds() - begin, LONG_MS / 2);
}
