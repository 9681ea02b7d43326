/* SPDX-License-Identifier: MIT */
/* Connects to a keeper that somebody else runs, or starts a keeper of the broker's own. */
#include "daemon/keeper-start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/launch.h"

#define PROGRAM "prshm-keeper"

int keeper_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	int error = 0;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	/* Non-blocking: otherwise connect would wait while the keeper's backlog is full. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		fcntl(fd, F_SETFL, 0) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		error = -errno;
	else if (peer.uid != geteuid() && peer.uid != 0) /* a keeper gets all memory: trust few */
		error = -EPERM;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

/* This program's path. After an upgrade the kernel appends " (deleted)" to the old file's. */
static bool find_program(char *path, size_t size)
{
	static const char deleted[] = " (deleted)";
	const ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *end;

	if (length <= 0 || (size_t)length >= size - 1)
		return false;
	path[length] = '\0';
	end = strstr(path, deleted);
	if (end && end[sizeof(deleted) - 1] == '\0')
		*end = '\0';
	return true;
}

int keeper_start(char **arguments, int *pidfd)
{
	char self[4096];
	char program[sizeof(self) + sizeof(PROGRAM)];
	size_t count = 0;
	char **command;
	int link;

	if (!find_program(self, sizeof(self)))
		return -ENAMETOOLONG;
	snprintf(program, sizeof(program), "%s", self);
	strcpy(strrchr(program, '/') + 1, PROGRAM);
	if (access(program, X_OK) < 0)
		return -errno;
	while (arguments[count])
		count++;
	command = calloc(count + 4, sizeof(*command));
	if (!command)
		return -ENOMEM;
	command[0] = program;
	command[1] = (char *)"--";
	command[2] = self;
	for (size_t i = 1; i < count; i++)
		command[i + 2] = arguments[i];
	link = launch(command, "broker", pidfd);
	free(command);
	return link;
}
