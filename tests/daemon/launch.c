/* SPDX-License-Identifier: MIT */
/* prshmd started in any way a test wants. */
#include "tests/daemon/launch.h"

#include <check.h>
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
#include <sys/wait.h>
#include <unistd.h>

#define HANG_MILLISECONDS 60000
#define ABOVE             100 /* from here on descriptors are out of the way of those passed */

static void pass_descriptors(const struct launch *how)
{
	char number[16];

	/* Twice: one that is passed as 4 may be 3 now. */
	for (size_t i = 0; i < how->passed_count; i++)
		ck_assert_int_ge(fcntl(how->passed[i], F_DUPFD, ABOVE + (int)i), 0);
	for (size_t i = 0; i < how->passed_count; i++) {
		ck_assert_int_ge(dup2(ABOVE + (int)i, 3 + (int)i), 0);
		close(ABOVE + (int)i);
	}
	snprintf(number, sizeof(number), "%zu", how->passed_count);
	setenv("LISTEN_FDS", number, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
}

/* systemd.exec(5): the device and inode of the stream, so that a redirected one is told apart. */
static void name_journal(void)
{
	char name[64];
	struct stat st;

	fstat(STDERR_FILENO, &st);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
}

static void run(const struct launch *how, int output)
{
	const char *builddir = getenv("top_builddir");
	/* What a test kills is to stay dead. */
	char *arguments[LAUNCH_MAX + 3] = {(char *)"prshmd", (char *)"--no-keeper"};
	char program[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(program, sizeof(program), "%s/prshmd", builddir ? builddir : ".");
	for (size_t i = 0; i < LAUNCH_MAX && how->arguments[i]; i++)
		arguments[i + 2] = (char *)how->arguments[i];
	unsetenv("JOURNAL_STREAM");
	unsetenv("NOTIFY_SOCKET");
	for (size_t i = 0; i < LAUNCH_MAX && how->environment[i]; i++)
		putenv((char *)how->environment[i]);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (how->to_journal)
		name_journal();
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); /* what the tests' own parent left open */
	if (how->passed_count > 0)
		pass_descriptors(how);
	if (how->prepare)
		how->prepare();
	execv(program, arguments);
	_exit(126);
}

void launch(const struct launch *how, struct launched *out)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	*out = (struct launched){.pid = fork(), .output = ends[0]};
	ck_assert_int_ge(out->pid, 0);
	if (out->pid == 0)
		run(how, ends[1]);
	close(ends[1]);
}

/* False at its end. */
static bool read_more(struct launched *launched)
{
	struct pollfd poller = {.fd = launched->output, .events = POLLIN};
	size_t room = sizeof(launched->text) - 1 - launched->length;
	ssize_t length;

	ck_assert_uint_gt(room, 0);
	ck_assert_msg(poll(&poller, 1, HANG_MILLISECONDS) == 1, "silent after: %s", launched->text);
	length = read(launched->output, launched->text + launched->length, room);
	ck_assert_int_ge(length, 0);
	launched->length += (size_t)length;
	launched->text[launched->length] = '\0';
	return length > 0;
}

void launched_await(struct launched *launched, const char *said)
{
	while (!strstr(launched->text, said))
		ck_assert_msg(read_more(launched), "ended after: %s", launched->text);
}

int launched_wait(struct launched *launched)
{
	int status;

	while (read_more(launched))
		;
	close(launched->output);
	ck_assert_int_eq(waitpid(launched->pid, &status, 0), launched->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int launched_stop(struct launched *launched)
{
	ck_assert_int_eq(kill(launched->pid, SIGTERM), 0);
	return launched_wait(launched);
}
