/* SPDX-License-Identifier: MIT */
/* The user's own broker: where it listens, and how one process at a time starts it. */
#include "client-lib/user-broker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client-lib/connect.h"
#include "client-lib/spawn.h"

#define SHARED_DIRECTORY "/tmp"
#define DIRECTORY_MAX    sizeof(((struct sockaddr_un *)0)->sun_path)
#define SPARE_TRIES      16

/* Whether it is this user's directory, no symbolic link, and has no forbidden permission bits. */
static bool is_own_directory(const char *path, mode_t forbidden)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & forbidden) == 0;
}

static bool make_own_directory(const char *path)
{
	return (mkdir(path, 0700) == 0 || errno == EEXIST) && is_own_directory(path, 077);
}

static bool path_in(const char *directory, char *path, size_t size)
{
	int length = snprintf(path, size, "%s/broker.sock", directory);

	return length > 0 && (size_t)length < size && make_own_directory(directory);
}

/*
 * The first, in the order of names, of this user's directories "TAKEN.*"; not the one that is
 * excepted.
 */
static bool find_spare(const char *taken, const char *except, char *out, size_t size)
{
	const char *name = taken + sizeof(SHARED_DIRECTORY);
	const size_t length = strlen(name);
	DIR *directory = opendir(SHARED_DIRECTORY);
	const struct dirent *entry;
	char found[DIRECTORY_MAX];

	out[0] = '\0';
	while (directory && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, name, length) != 0 || entry->d_name[length] != '.' ||
			snprintf(found, sizeof(found), "%s/%s", SHARED_DIRECTORY, entry->d_name) >=
				(int)sizeof(found))
			continue;
		if (is_own_directory(found, 077) && strcmp(found, except) != 0 &&
			(out[0] == '\0' || strcmp(found, out) < 0))
			snprintf(out, size, "%s", found);
	}
	if (directory)
		closedir(directory);
	return out[0] != '\0';
}

/*
 * Anybody may make /tmp/prshm-UID first: one who wants to be in the way, or, for a root of a user
 * namespace, the root of the host. Then the name has a random end. All processes of the user have
 * to find the same:
 * (1) If there is one, take the first. (2) If there is none, make one. (3) If there is another one
 * then, two processes are at it: remove one's own, and begin anew. Of two, the later one sees the
 * other.
 */
static bool spare_path(const char *taken, char *path, size_t size)
{
	char directory[DIRECTORY_MAX];
	char other[DIRECTORY_MAX];

	for (int tries = 0; tries < SPARE_TRIES; tries++) {
		if (find_spare(taken, "", directory, sizeof(directory)))
			return path_in(directory, path, size);
		if (snprintf(directory, sizeof(directory), "%s.XXXXXX", taken) >=
				(int)sizeof(directory) ||
			!mkdtemp(directory))
			return false;
		if (!find_spare(taken, directory, other, sizeof(other)))
			return path_in(directory, path, size);
		rmdir(directory);
	}
	return false;
}

bool user_broker_path(char *path, size_t size)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	unsigned int uid = (unsigned int)geteuid();
	char directory[DIRECTORY_MAX];
	char spare[DIRECTORY_MAX];

	if (runtime && runtime[0] == '/' && is_own_directory(runtime, 022) &&
		snprintf(directory, sizeof(directory), "%s/prshm", runtime) <
			(int)sizeof(directory) &&
		path_in(directory, path, size))
		return true;
	snprintf(directory, sizeof(directory), "/run/user/%u", uid);
	if (is_own_directory(directory, 022)) {
		snprintf(directory, sizeof(directory), "/run/user/%u/prshm", uid);
		if (path_in(directory, path, size))
			return true;
	}
	snprintf(directory, sizeof(directory), SHARED_DIRECTORY "/prshm-%u", uid);
	/* Once there is a spare one, it stays: else its broker would not be found any more. */
	if ((is_own_directory(directory, 077) ||
		    !find_spare(directory, "", spare, sizeof(spare))) &&
		path_in(directory, path, size))
		return true;
	return spare_path(directory, path, size);
}

/* Not a blocking flock(2): the process that holds the lock may be stopped (SIGSTOP). */
static int take_lock(const char *path, int seconds)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(".start")];
	int fd;

	snprintf(lock_path, sizeof(lock_path), "%s.start", path);
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	for (int tries = seconds * 100; flock(fd, LOCK_EX | LOCK_NB) < 0; tries--) {
		if (tries == 0) {
			close(fd);
			return -ETIMEDOUT;
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path));
	unlink(path); /* it refused a moment ago, and the lock is held: nobody listens */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, SOMAXCONN) < 0) {
		error = -errno;
		close(fd);
	}
	return error < 0 ? error : fd;
}

static bool nobody_listens(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED;
}

static int start_and_connect(const char *path, int seconds)
{
	int listening = listen_at(path);
	int fd;

	if (listening < 0)
		return listening;
	fd = spawn_broker(listening, path);
	if (fd == 0)
		fd = connect_path(path, seconds);
	close(listening);
	return fd;
}

int user_broker_connect(const char *path, int seconds)
{
	const char *autostart = secure_getenv("PRSHM_AUTOSTART");
	int fd = connect_path(path, seconds);
	int lock;

	if (!nobody_listens(fd) || (autostart && strcmp(autostart, "0") == 0))
		return fd;
	lock = take_lock(path, seconds);
	if (lock < 0)
		return lock;
	fd = connect_path(path, seconds); /* another process may have started the broker */
	if (nobody_listens(fd))
		fd = start_and_connect(path, seconds);
	close(lock);
	return fd;
}
