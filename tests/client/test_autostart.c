/* SPDX-License-Identifier: MIT */
/*
 * A program that links the library works with no set-up at all: the user's broker is started, once,
 * and the program does not notice. Needs a machine without a system's broker.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/autostart.h"
#include "tests/client/client-case.h"
#include "tests/client/scratch-runtime.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define PROGRAMS 8
#define NAME     "/autostart/a"

void autostart_create_and_delete(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	ck_assert_int_eq(PR_DeleteSharedMemory(NAME), PR_SUCCESS);
}

static void create(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600);

	ck_assert_ptr_nonnull(shm);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

static void expect_refusal(void)
{
	ck_assert_ptr_null(PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600));
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	ck_assert_int_eq(scratch_runtime_broker(), 0);
}

/* In a process of its own, which has ended when this returns. */
static void run_program(void (*program)(void))
{
	pid_t child = fork();

	if (child == 0) {
		program();
		_exit(0);
	}
	process_join(child);
}

FIXTURE(scratch_runtime_set_up, scratch_runtime_tear_down, .uncounted = true,
	.unless = scratch_runtime_system_broker);

TEST(a_program_needs_no_setup)
{
	static const char expected[] = "prshmd\0--exit-idle=60";
	char arguments[256];
	struct stat st;

	autostart_create_and_delete();
	ck_assert_int_gt(scratch_runtime_broker(), 0);
	ck_assert_uint_eq(autostart_read_proc(scratch_runtime_broker(), "cmdline", arguments,
				  sizeof(arguments)),
		sizeof(expected));
	ck_assert_mem_eq(arguments, expected, sizeof(expected));
	ck_assert_int_eq(stat(scratch_runtime.socket, &st), 0);
	*strrchr(scratch_runtime.socket, '/') = '\0';
	ck_assert_int_eq(stat(scratch_runtime.socket, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	scratch_runtime.socket[strlen(scratch_runtime.socket)] = '/';
}

static volatile sig_atomic_t child_signals;

static void count_child_signal(int number)
{
	(void)number;
	child_signals++;
}

TEST(the_program_gets_no_child_and_no_signal)
{
	const struct sigaction action = {.sa_handler = count_child_signal};

	ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
	autostart_create_and_delete();
	ck_assert_int_gt(scratch_runtime_broker(), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | (int)__WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(child_signals, 0);
	scratch_runtime_kill(scratch_runtime_broker(), SIGKILL);
	ck_assert_int_eq(child_signals, 0);
}

TEST(the_program_may_ignore_its_children)
{
	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	autostart_create_and_delete();
	ck_assert_int_gt(scratch_runtime_broker(), 0);
}

TEST(the_program_keeps_one_descriptor_its_connection)
{
	const size_t before = process_count_fds(0);

	autostart_create_and_delete();
	ck_assert_uint_eq(process_count_fds(0), before + 1);
}

static void close_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	autostart_create_and_delete();
}

TEST(a_program_without_standard_streams_can_start_it_too)
{
	run_program(close_standard_streams);
	ck_assert_int_gt(scratch_runtime_broker(), 0);
	autostart_create_and_delete();
}

TEST(the_broker_outlives_the_program)
{
	PRSharedMemory *shm;
	pid_t broker;

	run_program(create);
	broker = scratch_runtime_broker();
	ck_assert_int_gt(broker, 0);
	ck_assert_int_ne(broker, getpid());
	shm = PR_OpenSharedMemory(NAME, 4096, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	PR_CloseSharedMemory(shm);
	ck_assert_int_eq(scratch_runtime_broker(), broker);
}

/* 0: it made the segment; 1: another did. */
static int race(int start)
{
	char byte;

	ck_assert_int_eq(read(start, &byte, 1), 0); /* all begin when the pipe is closed */
	if (PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE | PR_SHM_EXCL, 0600))
		return 0;
	client_expect_error(PR_FILE_EXISTS_ERROR);
	return 1;
}

TEST(programs_that_start_at_once_get_one_broker)
{
	pid_t programs[PROGRAMS];
	int losers = 0;
	int start[2];
	int status;

	ck_assert_int_eq(pipe2(start, O_CLOEXEC), 0);
	for (int i = 0; i < PROGRAMS; i++) {
		programs[i] = fork();
		if (programs[i] == 0) {
			close(start[1]);
			_exit(race(start[0]));
		}
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < PROGRAMS; i++) {
		ck_assert_int_eq(waitpid(programs[i], &status, 0), programs[i]);
		ck_assert(WIFEXITED(status));
		losers += WEXITSTATUS(status);
	}
	ck_assert_int_eq(losers, PROGRAMS - 1);
	ck_assert_int_gt(scratch_runtime_broker(), 0);
}

TEST(a_killed_broker_is_started_again)
{
	pid_t first;

	autostart_create_and_delete();
	first = scratch_runtime_broker();
	scratch_runtime_kill(first, SIGKILL);
	autostart_create_and_delete();
	ck_assert_int_gt(scratch_runtime_broker(), 0);
	ck_assert_int_ne(scratch_runtime_broker(), first);
}

static void leave_a_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, scratch_runtime.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void leave_a_file(void)
{
	close(open(scratch_runtime.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void leave_a_link_to_nowhere(void)
{
	ck_assert_int_eq(symlink("/nonexistent/broker.sock", scratch_runtime.socket), 0);
}

static void (*const leftovers[])(void) = {
	leave_a_socket,
	leave_a_file,
	leave_a_link_to_nowhere,
};

TEST_LOOP(what_a_dead_broker_left_is_no_obstacle, sizeof(leftovers) / sizeof(leftovers[0]))
{
	char directory[sizeof(scratch_runtime.directory) + sizeof("/prshm")];

	snprintf(directory, sizeof(directory), "%s/prshm", scratch_runtime.directory);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	leftovers[_i]();
	autostart_create_and_delete();
	ck_assert_int_gt(scratch_runtime_broker(), 0);
}

static const char *const bad_programs[] = {"/nonexistent/prshmd", "/bin/false", "/dev/null"};

TEST_LOOP(a_broker_that_cannot_run_is_a_refused_connection,
	sizeof(bad_programs) / sizeof(bad_programs[0]))
{
	setenv("PRSHM_DAEMON", bad_programs[_i], 1);
	expect_refusal();
	expect_refusal();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | (int)__WALL), -1);
}

TEST(autostart_can_be_forbidden)
{
	setenv("PRSHM_AUTOSTART", "0", 1);
	expect_refusal();
	ck_assert_int_eq(access(scratch_runtime.socket, F_OK), -1);
	run_program(expect_refusal);
	setenv("PRSHM_AUTOSTART", "1", 1);
	autostart_create_and_delete();
}

TEST(a_forbidden_start_still_finds_who_is_there)
{
	run_program(autostart_create_and_delete);
	setenv("PRSHM_AUTOSTART", "0", 1);
	autostart_create_and_delete();
}

TEST(a_named_socket_is_the_only_one_tried)
{
	char elsewhere[128];

	run_program(autostart_create_and_delete);
	snprintf(elsewhere, sizeof(elsewhere), "%s.none", scratch_runtime.socket);
	setenv("PRSHM_SOCKET", elsewhere, 1);
	ck_assert_ptr_null(PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600));
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	ck_assert_int_eq(access(elsewhere, F_OK), -1);
	setenv("PRSHM_SOCKET", "", 1); /* as if it were not there */
	autostart_create_and_delete();
}
