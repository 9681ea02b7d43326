/* SPDX-License-Identifier: MIT */
/* A real prshmd of our own. */
#include "bench/daemon-process.h"

#include <fcntl.h>
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

#include "bench/bare-client.h"
#include "bench/place.h"

#define LISTEN_FD 3 /* sd_listen_fds(3) */

static int make_listening_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, SOMAXCONN) < 0 || chmod(path, 0666) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool write_configuration(struct daemon_process *daemon, const char *text)
{
	FILE *file;
	bool ok;

	if (!text)
		return true;
	snprintf(daemon->configuration, sizeof(daemon->configuration), "%s.conf", daemon->socket);
	file = fopen(daemon->configuration, "we");
	ok = file && fputs(text, file) >= 0;
	return file && fclose(file) == 0 && ok;
}

static void run(const char *program, const char *configuration, int listening_fd)
{
	const char *const arguments[] = {
		program, configuration[0] ? "--config" : NULL, configuration, NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char pid[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0); /* a Ctrl-C is for us, who then stop it */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(null, STDERR_FILENO) < 0 || dup2(listening_fd, LISTEN_FD) < 0)
		_exit(125);
	if (listening_fd == LISTEN_FD) /* dup2(2) then does nothing, and CLOEXEC stays */
		fcntl(LISTEN_FD, F_SETFD, 0);
	/* execv(3) promises not to write to the strings, its type does not. */
	execv(program, (char *const *)arguments);
	_exit(126);
}

bool daemon_process_start(struct daemon_process *daemon, const struct place *place,
	const char *program, const char *configuration)
{
	static unsigned int number;
	int listening_fd;
	int fd;

	snprintf(daemon->socket, sizeof(daemon->socket), "%s/broker-%d-%u.sock", place->directory,
		(int)getpid(), number++);
	*daemon->configuration = '\0';
	daemon->pid = 0;
	listening_fd = make_listening_socket(daemon->socket);
	if (listening_fd < 0)
		return false;
	fflush(NULL);
	daemon->pid = write_configuration(daemon, configuration) ? fork() : -1;
	if (daemon->pid == 0)
		run(program ? program : place->daemon_program, daemon->configuration, listening_fd);
	/* Closed here, so that a daemon that does not start leaves nobody who listens. */
	close(listening_fd);
	fd = daemon->pid > 0 ? daemon_process_connect(daemon) : -1;
	if (fd < 0) {
		daemon_process_stop(daemon);
		return false;
	}
	close(fd);
	return true;
}

void daemon_process_stop(struct daemon_process *daemon)
{
	if (daemon->pid > 0) {
		kill(daemon->pid, SIGTERM);
		waitpid(daemon->pid, NULL, 0);
	}
	daemon->pid = 0;
	unlink(daemon->socket);
	if (daemon->configuration[0])
		unlink(daemon->configuration);
}

int daemon_process_connect(const struct daemon_process *daemon)
{
	int fd = bare_connect(daemon->socket);

	if (fd >= 0 && !bare_ask(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}
