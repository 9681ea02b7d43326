/* SPDX-License-Identifier: MIT */
/*
 * The broker's link to a keeper that does not read: one that is busy is waited for, any other is
 * killed. The test's own process is the keeper. It is busy for longer than a keeper that is not may
 * leave a message unread.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/keeper-link.h"
#include "tests/lib/testing.h"
#include "wire/keeper.h"

#define BUSY_MS 2500 /* more than twice as long as the link's patience */

static struct keeper_link link_;
static _Atomic bool *full; /* shared with the keeper: the link has no room */
static pid_t keeper;

static void read_all(int fd)
{
	struct keeper_message message;

	while (keeper_receive(fd, &message, 0) == 0)
		;
}

static void be_busy(int fd)
{
	int64_t end;

	while (!*full)
		;
	end = clock_milliseconds() + BUSY_MS;
	while (clock_milliseconds() < end)
		;
	read_all(fd);
}

static void be_busy_for_ever(int fd)
{
	(void)fd;
	for (;;)
		clock_milliseconds();
}

static void sleep_for_ever(int fd)
{
	(void)fd;
	for (;;)
		pause();
}

static void stop(int fd)
{
	raise(SIGSTOP);
	read_all(fd);
}

/* The link is full when this returns. */
static void begin(void (*act)(int fd))
{
	struct keeper_message drop = {.op = KEEPER_DROP, .id = 1, .fd = -1};
	int ends[2];

	full = mmap(NULL, sizeof(*full), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(full != MAP_FAILED);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	keeper = fork();
	ck_assert_int_ge(keeper, 0);
	if (keeper == 0) {
		close(ends[0]);
		act(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(keeper_link_open(&link_, NULL, ends[0], NULL), 0);
	signal(SIGCHLD, SIG_DFL); /* the test waits for the keeper itself */
	link_.pidfd = (int)syscall(SYS_pidfd_open, keeper, 0);
	ck_assert_int_ge(link_.pidfd, 0);
	while (keeper_send(link_.fd, &drop, MSG_DONTWAIT) == 0)
		;
	*full = true;
}

static int end(void)
{
	int status;

	keeper_link_close(&link_);
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	munmap((void *)full, sizeof(*full));
	return status;
}

TEST(a_busy_keeper_is_waited_for)
{
	begin(be_busy);
	keeper_link_drop(&link_, 2, false);
	ck_assert_int_ge(link_.fd, 0);
	ck_assert_int_eq(end(), 0);
}

static void is_killed(void)
{
	keeper_link_drop(&link_, 2, false);
	ck_assert_int_eq(link_.fd, -1);
	ck_assert_int_eq(end(), SIGKILL);
}

TEST(a_keeper_that_sleeps_is_killed)
{
	begin(sleep_for_ever);
	is_killed();
}

TEST(a_stopped_keeper_is_killed)
{
	int status;

	begin(stop);
	ck_assert_int_eq(waitpid(keeper, &status, WUNTRACED), keeper);
	ck_assert(WIFSTOPPED(status));
	is_killed();
}

static const char *without_time(void)
{
	return getenv("PRSHM_TEST_LONG") ? NULL : "it takes five seconds; PRSHM_TEST_LONG=1";
}

TEST_UNLESS(without_time, a_keeper_that_is_busy_for_ever_is_killed)
{
	begin(be_busy_for_ever);
	is_killed();
}
