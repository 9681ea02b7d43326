/* SPDX-License-Identifier: MIT */
/* Which broker this process talks to. */
#include "client-lib/locate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client-lib/descriptor.h"
#include "client-lib/user-broker.h"

static struct {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool is_user; /* ours to start */
} chosen;

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR;
}

time_t locate_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time); /* each request asks; seconds will do */
	return time.tv_sec;
}

/*
 * SO_SNDTIMEO bounds connect(2) too, when the broker's backlog is full; a signal ends it early, and
 * a Unix socket is then as it was before.
 */
static int wait_for_connect(int fd, const struct sockaddr_un *address, int seconds)
{
	const time_t deadline = locate_now() + seconds;

	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		if (errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (locate_now() >= deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

int locate_connect_path(const char *path, int seconds)
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

/* The directory was ours when it was looked at; whose it is now, who listens there tells. */
static bool is_own_broker(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static int try_path(const char *path, bool is_user, int seconds)
{
	int fd = is_user ? user_broker_connect(path, seconds) : locate_connect_path(path, seconds);

	if (fd >= 0 && is_user && !is_own_broker(fd)) {
		close(fd);
		return -ECONNREFUSED;
	}
	if (fd == -EACCES || fd == -EPERM)
		return -ECONNREFUSED; /* the socket's rights; EACCES would speak of a segment's */
	if (fd >= 0 && path != chosen.path) {
		snprintf(chosen.path, sizeof(chosen.path), "%s", path);
		chosen.is_user = is_user;
	}
	return fd;
}

int locate_connect(int seconds)
{
	char user_path[sizeof(chosen.path)];
	const char *named = secure_getenv("PRSHM_SOCKET");
	int fd;

	if (chosen.path[0])
		return try_path(chosen.path, chosen.is_user, seconds);
	if (named && named[0] && named[0] != '/')
		return -ECONNREFUSED; /* it would be another one after a chdir */
	if (named && named[0])
		return try_path(named, false, seconds);
	/* A system broker that is there but down must not send half of the programs elsewhere. */
	fd = try_path(LOCATE_SYSTEM_SOCKET, false, seconds);
	if (!is_absent(fd))
		return fd;
	/* A setuid program would start a broker that its caller controls. */
	if (getauxval(AT_SECURE) || getuid() != geteuid() || getgid() != getegid() ||
		!user_broker_path(user_path, sizeof(user_path)))
		return -ECONNREFUSED;
	return try_path(user_path, true, seconds);
}
