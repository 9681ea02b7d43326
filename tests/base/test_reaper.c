/* SPDX-License-Identifier: MIT */
/*
 * The reaper, with a close(2) of the test's own in place of the C library's: it says which thread
 * it was called by, and takes as long as the test likes.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/reaper.h"
#include "tests/lib/testing.h"

static sem_t allowed; /* posted once for each close that may end */
static sem_t closed;  /* posted by each close */
static _Atomic pid_t closer;
static _Atomic bool watched;

int close(int fd)
{
	const bool counts = watched;
	int result;

	if (counts) {
		closer = (pid_t)syscall(SYS_gettid);
		while (sem_wait(&allowed) < 0)
			;
	}
	result = (int)syscall(SYS_close, fd);
	if (counts)
		sem_post(&closed);
	return result;
}

static int make_file(off_t size)
{
	int fd = memfd_create("reaper", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	return fd;
}

static void setup(void)
{
	sem_init(&allowed, 0, 0);
	sem_init(&closed, 0, 0);
	watched = true;
}

static void teardown(void)
{
	watched = false;
}

FIXTURE(setup, teardown);

TEST(big_file_is_closed_by_another_thread_while_the_caller_goes_on)
{
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = make_file(REAPER_BYTES);
		reaper_close(fds[i]); /* would never return: no close may end yet */
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(fcntl(fds[i], F_GETFD), 0);
	for (int i = 0; i < 3; i++) {
		sem_post(&allowed);
		while (sem_wait(&closed) < 0)
			;
		ck_assert(fcntl(fds[i], F_GETFD) < 0 && errno == EBADF);
	}
	ck_assert_int_ne(closer, getpid());
}

TEST(small_file_is_closed_before_the_call_returns)
{
	int fd = make_file(REAPER_BYTES - 1);

	sem_post(&allowed);
	reaper_close(fd);
	ck_assert(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	ck_assert_int_eq(closer, getpid());
}

TEST(what_is_no_file_is_closed_before_the_call_returns)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	for (int i = 0; i < 2; i++) {
		sem_post(&allowed);
		reaper_close(ends[i]);
		ck_assert(fcntl(ends[i], F_GETFD) < 0 && errno == EBADF);
	}
	ck_assert_int_eq(closer, getpid());
}

/* Four big ones may be queued, of which the thread may have taken one. */
TEST(a_huge_file_is_never_closed_by_the_caller)
{
	const struct rlimit limit = {4 * REAPER_SHARE, 4 * REAPER_SHARE};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 4; i++)
		reaper_close(make_file(REAPER_BYTES));
	for (int i = 0; i < 3; i++)
		reaper_close(make_file(REAPER_HUGE)); /* would never return: no close may end yet */
	for (int i = 0; i < 7; i++) {
		sem_post(&allowed);
		while (sem_wait(&closed) < 0)
			;
	}
	ck_assert_int_ne(closer, getpid());
}
