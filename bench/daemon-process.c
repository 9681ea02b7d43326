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
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/competitor.h"
#include "wire/wire.h"

#define LISTEN_FD 3 /* sd_listen_fds(3) */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path));
	return address;
}

static int make_listening_socket(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, SOMAXCONN) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void run(const char *program, int listening_fd)
{
	const char *const arguments[] = {program, NULL};
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

bool daemon_process_start(struct daemon_process *daemon, const struct place *place)
{
	static unsigned int number;
	int listening_fd;
	int fd;

	snprintf(daemon->socket, sizeof(daemon->socket), "%s/broker-%u.sock", place->directory,
		number++);
	listening_fd = make_listening_socket(daemon->socket);
	if (listening_fd < 0)
		return false;
	fflush(NULL);
	daemon->pid = fork();
	if (daemon->pid == 0)
		run(place->daemon_program, listening_fd);
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
}

/* STAT of a name that nobody has: the cheapest question. */
static bool ask(int fd)
{
	static const char name[] = "/nobody";
	const struct wire_request request = {
		.header = {.op = WIRE_OP_STAT},
		.name = name,
		.name_length = sizeof(name) - 1,
	};
	struct wire_message message = {.fd_count = 0};

	return wire_encode_request(&request, &message) && wire_send(fd, &message, 0) == 0 &&
	       wire_receive(fd, &message, 0, 0) == 0;
}

int daemon_process_connect(const struct daemon_process *daemon)
{
	const struct timeval timeout = {.tv_sec = 20};
	struct sockaddr_un address = address_of(daemon->socket);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || !ask(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}
