/* SPDX-License-Identifier: MIT */
/* Broker and keeper as processes; restart-case.h tells the idea. */
#include "tests/restart/restart-case.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/lib/user.h"
#include "tests/restart/actor.h"
#include "tests/restart/janitor.h"

#define END_MILLISECONDS 60000

struct place place = {.janitor_fd = -1, .gate = -1};

void nap(void)
{
	nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

void place_prepare(bool supervised)
{
	snprintf(place.directory, sizeof(place.directory), "/tmp/prshm-restart.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place.directory));
	place.supervised = supervised;
	place.readies = 0;
	snprintf(place.socket, sizeof(place.socket), "%s/broker.sock", place.directory);
	snprintf(place.keeper_socket, sizeof(place.keeper_socket), "%s/keeper.sock",
		place.directory);
	snprintf(place.configuration, sizeof(place.configuration), "%s/prshmd.conf",
		place.directory);
	snprintf(place.log, sizeof(place.log), "%s/log", place.directory);
	setenv("PRSHM_SOCKET", place.socket, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that what is killed can be buried */
	janitor_begin();
	janitor_copy("prshmd");
	janitor_copy("prshm-keeper");
	write_file(place.configuration, "");
	write_file(place.log, "");
	ck_assert_int_eq(chmod(place.directory, 0755), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(place.directory, BROKER_UID, BROKER_UID), 0);
}

/* In the child. */
static void run(const char *program, char **arguments, int log)
{
	char path[256];
	char byte;

	process_forget_test();
	snprintf(path, sizeof(path), "%s/%s", place.directory, program);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (geteuid() == 0)
		user_become_uid(BROKER_UID);
	if (place.gate >= 0 && read(place.gate, &byte, 1) != 1)
		_exit(124);
	execv(path, arguments);
	_exit(126);
}

static pid_t start(const char *program, char **arguments)
{
	int log = open(place.log, O_WRONLY | O_APPEND | O_CLOEXEC);
	pid_t pid;

	ck_assert_int_ge(log, 0);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run(program, arguments, log);
	close(log);
	return pid;
}

void keeper_begin(void)
{
	char socket[128];
	char *arguments[] = {(char *)"prshm-keeper", socket, NULL};

	snprintf(socket, sizeof(socket), "--socket=%s", place.keeper_socket);
	start("prshm-keeper", arguments);
}

pid_t broker_begin(const char *program)
{
	char socket[128];
	char configuration[128];
	char keeper[128];
	char *arguments[] = {
		(char *)"prshmd", socket, configuration, place.supervised ? keeper : NULL, NULL};

	snprintf(socket, sizeof(socket), "--socket=%s", place.socket);
	snprintf(configuration, sizeof(configuration), "--config=%s", place.configuration);
	snprintf(keeper, sizeof(keeper), "--keeper=%s", place.keeper_socket);
	return start(program, arguments);
}

static void begin(bool supervised)
{
	place_prepare(supervised);
	if (supervised)
		keeper_begin();
	broker_begin("prshmd");
	broker_await();
}

static void begin_alone(void)
{
	begin(false);
}

static void begin_supervised(void)
{
	begin(true);
}

static void end(void)
{
	actors_end();
	ck_assert_int_eq(janitor_end(true), 0);
}

const struct fixture place_alone = {.begin = begin_alone, .end = end, .name = "alone"};
const struct fixture place_supervised = {
	.begin = begin_supervised, .end = end, .name = "supervised"};

size_t place_count(const char *program)
{
	return janitor_scan(program, NULL);
}

void place_await_count(const char *program, size_t count)
{
	AWAIT_TOLD(place_count(program) == count, program);
}

/* Between fork and exec a child still runs its parent's program. */
pid_t place_find(const char *program)
{
	pid_t pid;

	AWAIT_TOLD(janitor_scan(program, &pid) == 1, program);
	return pid;
}

/* In the log, as two brokers look the same to clients: whoever takes over is ready before it
 * serves. */
void broker_await(void)
{
	place_await_said(": ready, at most", place.readies + 1);
	place.readies = place_said(": ready, at most");
	ck_assert_int_eq(ask_stat("/nothing", NULL), STATUS_NOT_FOUND);
}

void process_await_end(pid_t pid)
{
	struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	/* Not before its descriptors are closed, locks and listening sockets among them. */
	if (ended.fd >= 0) {
		ck_assert_int_eq(poll(&ended, 1, END_MILLISECONDS), 1);
		close(ended.fd);
	}
	waitpid(pid, NULL, WNOHANG);
}

void process_end(pid_t pid, int signal_number)
{
	ck_assert_int_eq(kill(pid, signal_number), 0);
	process_await_end(pid);
}

void broker_next(void)
{
	if (place.supervised)
		broker_begin("prshmd");
	broker_await();
}

void broker_restart(void)
{
	process_end(broker_pid(), SIGKILL);
	broker_next();
}

void place_configure(const char *text)
{
	const size_t before = place_said("configuration reloaded");

	write_file(place.configuration, text);
	ck_assert_int_eq(kill(broker_pid(), SIGHUP), 0);
	place_await_said("configuration reloaded", before + 1);
}

size_t place_said(const char *text)
{
	return process_said(place.log, text);
}

void place_await_said(const char *text, size_t count)
{
	process_await_said(place.log, text, count);
}

size_t keeper_settled_fds(void)
{
	const pid_t keeper = keeper_pid();
	size_t count = 0;

	for (unsigned int naps = 0; naps < 20; naps++) {
		if (process_count_fds(keeper) != count)
			naps = 0;
		count = process_count_fds(keeper);
		nap();
	}
	return count;
}

void keeper_await_fds(size_t count)
{
	/*
	 * Asked each time: on a slow host a keeper may itself be replaced meanwhile. One that is
	 * just being started has that many for an instant, too.
	 */
	AWAIT(process_count_fds(keeper_pid()) == count && keeper_settled_fds() == count);
}
