/* SPDX-License-Identifier: MIT */
/* A real prshmd of our own. */
#include "bench/daemon-process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

struct command {
	const struct daemon_process *daemon;
	const struct daemon_options *options;
	const char *program;
	int listening_fd;
};

static void run(const void *data)
{
	const struct command *command = data;
	const char *arguments[5] = {command->program};
	const char *log = command->options->log ? command->options->log : "/dev/null";
	const int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	unsigned int count = 1;
	char pid[16];

	if (command->options->no_keeper)
		arguments[count++] = "--no-keeper";
	if (command->daemon->configuration[0]) {
		arguments[count++] = "--config";
		arguments[count++] = command->daemon->configuration;
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(log_fd, STDERR_FILENO) < 0 || dup2(command->listening_fd, LISTEN_FD) < 0)
		_exit(125);
	if (command->listening_fd == LISTEN_FD) /* dup2(2) then does nothing, and CLOEXEC stays */
		fcntl(LISTEN_FD, F_SETFD, 0);
	/* execv(3) promises not to write to the strings, its type does not. */
	execv(command->program, (char *const *)arguments);
	_exit(126);
}

bool daemon_process_start(struct daemon_process *daemon, const struct place *place,
	const struct daemon_options *options)
{
	static const struct daemon_options none;
	static unsigned int number;
	struct command command = {.daemon = daemon, .options = options ? options : &none};
	bool ok;
	int fd;

	*daemon = (struct daemon_process){.warden = {.pid = 0}};
	snprintf(daemon->socket, sizeof(daemon->socket), "%s/broker-%d-%u.sock", place->directory,
		(int)getpid(), number++);
	command.program =
		command.options->program ? command.options->program : place->daemon_program;
	snprintf(daemon->name, sizeof(daemon->name), "%s", basename(command.program));
	command.listening_fd = make_listening_socket(daemon->socket);
	if (command.listening_fd < 0)
		return false;
	ok = write_configuration(daemon, command.options->configuration) &&
	     warden_start(&daemon->warden, run, &command);
	/* Closed here, so that a daemon that does not start leaves nobody who listens. */
	close(command.listening_fd);
	fd = ok ? daemon_process_connect(daemon) : -1;
	if (fd < 0) {
		daemon_process_kill(daemon);
		return false;
	}
	close(fd);
	return true;
}

static void remove_files(struct daemon_process *daemon)
{
	unlink(daemon->socket);
	if (daemon->configuration[0])
		unlink(daemon->configuration);
}

void daemon_process_stop(struct daemon_process *daemon)
{
	const pid_t broker = daemon_process_broker(daemon);

	if (broker > 0 && kill(broker, SIGTERM) == 0)
		warden_wait(&daemon->warden);
	else
		warden_end(&daemon->warden);
	remove_files(daemon);
}

void daemon_process_kill(struct daemon_process *daemon)
{
	warden_end(&daemon->warden);
	remove_files(daemon);
}

pid_t daemon_process_broker(const struct daemon_process *daemon)
{
	return warden_find(&daemon->warden, daemon->name);
}

pid_t daemon_process_keeper(const struct daemon_process *daemon)
{
	return warden_find(&daemon->warden, "prshm-keeper");
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
