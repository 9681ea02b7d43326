/* SPDX-License-Identifier: MIT */
/* Whether the user that the broker runs as can read the configuration, when root asks. */
#include "daemon/configuration.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool become(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 &&
	       setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
	       setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0;
}

static bool can_open(const char *path, int flags, const char *user)
{
	const int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	fprintf(stderr, "prshmd: %s: user %s cannot read it: %s\n", path, user, strerror(errno));
	return false;
}

/* Runs in a child of its own, which has no way back to root. */
static bool read_all(const char *path, const struct config_files *files, const char *user)
{
	char directory[PATH_MAX];
	bool good = true;

	for (size_t i = 0; i < files->count; i++)
		good = can_open(files->paths[i], O_RDONLY, user) && good;
	snprintf(directory, sizeof(directory), "%s.d", path);
	/* A directory that may not be searched hides whether there is anything in it. */
	if (access(directory, F_OK) == 0 || errno != ENOENT)
		good = can_open(directory, O_RDONLY | O_DIRECTORY, user) && good;
	return good;
}

bool config_check_readable(const char *path, const struct config_files *files, const char *user)
{
	const struct passwd *found = getpwnam(user);
	int status = 0;
	pid_t child;

	if (!found)
		return true;
	child = fork();
	if (child == 0)
		_exit(become(found) ? !read_all(path, files, user) : 2);
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status) ||
		WEXITSTATUS(status) > 1) {
		fprintf(stderr, "prshmd: it cannot be seen what user %s can read\n", user);
		return false;
	}
	return WEXITSTATUS(status) == 0;
}
