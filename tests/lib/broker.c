/* SPDX-License-Identifier: MIT */
/* A real prshmd for a test. */
#include "tests/lib/broker.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/user.h"

#define ARGUMENTS_MAX 16

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

/* Opened before the uid changes: the tree may lie where only its owner can look. */
static int open_program(void)
{
	const char *builddir = getenv("top_builddir");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/prshmd", builddir ? builddir : ".");
	fd = open(path, O_PATH | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

static void become_broker(const struct broker_options *options)
{
	const uid_t uid = options && options->uid != 0 ? options->uid : BROKER_UID;

	if (geteuid() != 0)
		return;
	user_become_uid(uid);
}

static void run(
	const struct broker_process *broker, const struct broker_options *options, int program)
{
	/* What a test kills is to stay dead, and what it leaves to go. */
	char *arguments[ARGUMENTS_MAX + 3] = {(char *)"prshmd", (char *)"--no-keeper"};
	char pid[16];

	process_forget_test();
	if (options && options->arguments) {
		for (size_t i = 0; i < ARGUMENTS_MAX && options->arguments[i]; i++)
			arguments[i + 2] = (char *)options->arguments[i];
	}
	if (options && options->descriptors > 0) {
		const struct rlimit limit = {options->descriptors, options->descriptors};

		setrlimit(RLIMIT_NOFILE, &limit);
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	become_broker(options);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the uid, which clears it: prctl(2) */
	/* The program out of the way first: it may be descriptor 3 itself. */
	program = fcntl(program, F_DUPFD_CLOEXEC, 10);
	if (dup2(broker->listening_fd, 3) < 0)
		_exit(125);
	if (broker->listening_fd == 3)
		fcntl(3, F_SETFD, 0);
	close_range(4, ~0U, CLOSE_RANGE_CLOEXEC); /* what the tests' own parent left open */
	execveat(program, "", arguments, environ, AT_EMPTY_PATH);
	_exit(126);
}

void broker_process_restart(struct broker_process *broker, const struct broker_options *options)
{
	int program = open_program();

	fflush(NULL);
	broker->pid = fork();
	ck_assert_int_ge(broker->pid, 0);
	if (broker->pid == 0)
		run(broker, options, program);
	close(program);
}

void broker_process_start(struct broker_process *broker, const struct broker_options *options)
{
	struct sockaddr_un address;

	snprintf(broker->directory, sizeof(broker->directory), "/tmp/prshm-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(broker->directory));
	ck_assert_int_eq(chmod(broker->directory, 0755), 0);
	snprintf(broker->socket, sizeof(broker->socket), "%s/broker.sock", broker->directory);
	address = address_of(broker->socket);
	broker->listening_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(broker->listening_fd, 0);
	ck_assert_int_eq(
		bind(broker->listening_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(chmod(broker->socket, 0666), 0);
	ck_assert_int_eq(listen(broker->listening_fd, SOMAXCONN), 0);
	setenv("PRSHM_SOCKET", broker->socket, 1);
	broker_process_restart(broker, options);
}

int broker_process_kill(struct broker_process *broker, int signal_number)
{
	int status;

	ck_assert_int_gt(broker->pid, 0);
	ck_assert_int_eq(kill(broker->pid, signal_number), 0);
	ck_assert_int_eq(waitpid(broker->pid, &status, 0), broker->pid);
	broker->pid = 0;
	return status;
}

void broker_process_stop(struct broker_process *broker)
{
	int status = broker->pid > 0 ? broker_process_kill(broker, SIGTERM) : 0;

	close(broker->listening_fd);
	unlink(broker->socket);
	rmdir(broker->directory);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"prshmd ended with wait status 0x%x", (unsigned int)status);
}

int broker_process_connect(const struct broker_process *broker)
{
	const struct timeval timeout = {.tv_sec = 20};
	struct sockaddr_un address = address_of(broker->socket);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	ck_assert_msg(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect: %s",
		strerror(errno));
	return fd;
}
