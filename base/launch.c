/* SPDX-License-Identifier: MIT */
/* Starts a process that has a link to this one, and inherits as little else as possible. */
#include "base/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/log.h"
#include "base/service-manager.h"

static _Noreturn void run(char **command, const char *name, int link)
{
	char pid[16];
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL); /* an ignored signal stays ignored across exec */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", name, 1);
	/*
	 * dup2 would leave a link that already is descriptor 3 as it is, with CLOEXEC. But link is
	 * never 3: 0 to 2 are open, and the first end of the pair has a smaller number than this
	 * one.
	 */
	if (dup2(link, SD_LISTEN_FDS_START) >= 0) {
		kernel_close_range(SD_LISTEN_FDS_START + 1, ~0U, 0);
		execvp(command[0], command);
	}
	log_write(LOG_ERR, "%s: %s", command[0], strerror(errno));
	_exit(127);
}

int launch(char **command, const char *name, int *pidfd)
{
	int ends[2];
	pid_t child;
	int error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		run(command, name, ends[1]);
	error = errno;
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return -error;
	}
	/* SIGCHLD is ignored, so the pid may be free already; but it is not reused so soon. */
	if (pidfd)
		*pidfd = kernel_pidfd_open(child, 0);
	return ends[0];
}
