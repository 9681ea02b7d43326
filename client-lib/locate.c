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
#include <sys/un.h>
#include <unistd.h>

#include "client-lib/connect.h"
#include "client-lib/user-broker.h"

static struct {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool is_user;  /* the user's own broker, which this process may start */
	bool is_known; /* set last: a copy of the process may find the rest half written */
} chosen;

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR;
}

/* By the peer, not by the directory: that may be another's since it was looked at. */
static bool is_own_broker(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static int try_path(const char *path, bool is_user, int seconds)
{
	int fd = is_user ? user_broker_connect(path, seconds) : connect_path(path, seconds);

	if (fd >= 0 && is_user && !is_own_broker(fd)) {
		close(fd);
		return -ECONNREFUSED;
	}
	if (fd == -EACCES || fd == -EPERM)
		return -ECONNREFUSED; /* EACCES would be taken for a segment's rights */
	if (fd >= 0 && path != chosen.path) {
		snprintf(chosen.path, sizeof(chosen.path), "%s", path);
		chosen.is_user = is_user;
		chosen.is_known = true;
	}
	return fd;
}

int locate_connect(int seconds)
{
	char user_path[sizeof(chosen.path)];
	const char *named = secure_getenv("PRSHM_SOCKET");
	int fd;

	if (chosen.is_known)
		return try_path(chosen.path, chosen.is_user, seconds);
	if (named && named[0] && named[0] != '/')
		return -ECONNREFUSED; /* a relative path changes with chdir(2) */
	if (named && named[0])
		return try_path(named, false, seconds);
	/* Only if there is none: a system broker that is down must not scatter the programs. */
	fd = try_path(LOCATE_SYSTEM_SOCKET, false, seconds);
	if (!is_absent(fd))
		return fd;
	/* A setuid program would start a broker that its caller controls. */
	if (getauxval(AT_SECURE) || getuid() != geteuid() || getgid() != getegid() ||
		!user_broker_path(user_path, sizeof(user_path)))
		return -ECONNREFUSED;
	return try_path(user_path, true, seconds);
}
