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
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client-lib/connect.h"
#include "client-lib/trouble.h"
#include "client-lib/user-broker.h"

static struct {
	char path[LOCATE_PATH_MAX];
	enum locate_choice choice;
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

/* What is at a path where nobody answers; a refused connection alone does not tell. */
static const char *what_is_there(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISSOCK(st.st_mode))
		return NULL;
	return S_ISDIR(st.st_mode) ? "that is a directory" : "that is no socket";
}

/* "no broker at A (reason), nor at B (reason)". */
static void tell(const char *path, enum locate_choice choice, int error)
{
	const char *there = error == -ECONNREFUSED ? what_is_there(path) : NULL;

	const bool is_first = choice != LOCATE_USER || chosen.is_known;

	trouble_add("%s %s%s (", is_first ? "no broker at" : ", nor at", path,
		choice == LOCATE_NAMED ? ", where PRSHM_SOCKET points" : "");
	errno = -error; /* for %m, as strerror(3) is not thread-safe */
	if (error == -ENAMETOOLONG)
		trouble_add("the path has %zu bytes, and a socket's has at most %zu", strlen(path),
			LOCATE_PATH_MAX - 1);
	else if (there)
		trouble_add("%s", there);
	else if (error == -EPROTOTYPE)
		trouble_add("the socket there is not a broker's");
	else
		trouble_add("%m");
	trouble_add(")");
}

static int try_path(const char *path, enum locate_choice choice, int seconds)
{
	const bool is_user = choice == LOCATE_USER;
	int fd = is_user ? user_broker_connect(path, seconds) : connect_path(path, seconds);

	if (fd >= 0 && is_user && !is_own_broker(fd)) {
		close(fd);
		trouble_add(", and at %s listens another user", path);
		return -ECONNREFUSED;
	}
	if (fd < 0)
		tell(path, choice, fd);
	if (fd == -EACCES || fd == -EPERM)
		return -ECONNREFUSED; /* EACCES would be taken for a segment's rights */
	if (fd >= 0 && path != chosen.path) {
		snprintf(chosen.path, sizeof(chosen.path), "%s", path);
		chosen.choice = choice;
		chosen.is_known = true;
	}
	return fd;
}

int locate_connect(int seconds)
{
	char user_path[LOCATE_PATH_MAX];
	const char *named = secure_getenv("PRSHM_SOCKET");
	int fd;

	trouble_forget();
	if (chosen.is_known)
		return try_path(chosen.path, chosen.choice, seconds);
	if (named && named[0] && named[0] != '/') {
		trouble_say("PRSHM_SOCKET is %s, and has to be an absolute path", named);
		return -ECONNREFUSED; /* a relative path changes with chdir(2) */
	}
	if (named && named[0])
		return try_path(named, LOCATE_NAMED, seconds);
	/* Only if there is none: a system broker that is down must not scatter the programs. */
	fd = try_path(LOCATE_SYSTEM_SOCKET, LOCATE_HOST, seconds);
	if (!is_absent(fd))
		return fd;
	/* A setuid program would start a broker that its caller controls. */
	if (getauxval(AT_SECURE) || getuid() != geteuid() || getgid() != getegid()) {
		trouble_add(", and a program that runs with other rights than its user's uses no "
			    "other");
		return -ECONNREFUSED;
	}
	if (!user_broker_path(user_path, sizeof(user_path))) {
		trouble_add(", and no directory that is the user's alone: XDG_RUNTIME_DIR, "
			    "/run/user/%u, /tmp/prshm-%u",
			(unsigned int)geteuid(), (unsigned int)geteuid());
		return -ECONNREFUSED;
	}
	return try_path(user_path, LOCATE_USER, seconds);
}

enum locate_choice locate_chosen(char path[LOCATE_PATH_MAX])
{
	memcpy(path, chosen.path, LOCATE_PATH_MAX);
	return chosen.is_known ? chosen.choice : LOCATE_NOWHERE;
}

void locate_tell_broken(void)
{
	char log[LOCATE_PATH_MAX + sizeof(".log")];
	const bool has_log = chosen.choice == LOCATE_USER &&
			     snprintf(log, sizeof(log), "%s.log", chosen.path) > 0 &&
			     access(log, F_OK) == 0;

	trouble_say("the broker at %s ends each connection%s%s", chosen.path,
		has_log ? "; where the library started it, its log is " : "", has_log ? log : "");
}
