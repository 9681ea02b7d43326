/* SPDX-License-Identifier: MIT */
/* Connects to a broker at a path. */
#include "client-lib/connect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client-lib/clock.h"
#include "client-lib/descriptor.h"

/*
 * SO_SNDTIMEO bounds connect(2) too, when the broker's backlog is full; a signal ends it early, and
 * a Unix socket is then as it was before.
 */
static int wait_for_connect(int fd, const struct sockaddr_un *address, int seconds)
{
	const time_t deadline = clock_seconds() + seconds;

	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		if (errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (clock_seconds() >= deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

int connect_path(const char *path, int seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval timeout = {.tv_sec = seconds};
	int error = 0;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	fd = descriptor_above_standard(fd);
	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		error = -errno;
	if (error == 0)
		error = wait_for_connect(fd, &address, seconds);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
