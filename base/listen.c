/* SPDX-License-Identifier: MIT */
/*
 * The socket that a program listens on. A service manager passes it, or the program makes it at a
 * path. Beside the path lies a lock file. Only the process that has locked that file may remove a
 * dead socket from the path and bind a new one.
 */
#include "base/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "base/service-manager.h"

static void listener_close(struct listener *listener)
{
	descriptor_close(&listener->fd);
	descriptor_close(&listener->lock_fd);
	free(listener->path);
	listener->path = NULL;
}

void listener_deinit(struct listener *listener)
{
	if (listener->path && listener->fd >= 0)
		unlink(listener->path); /* before the lock goes: the next broker makes its own */
	listener_close(listener);
}

void listener_keep(struct listener *listener)
{
	free(listener->path);
	listener->path = NULL;
}

int listen_take_passed(struct passed *out)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	int sockets = 0;

	*out = (struct passed){.socket = -1, .keeper = -1, .journal = -1, .parcel = -1};
	if (count < 0) {
		log_write(LOG_ERR, "sd_listen_fds: %s", strerror(-count));
		return count;
	}
	for (int i = 0; i < count; i++) {
		const int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], PASSED_KEEPER) == 0) {
			out->keeper = fd;
		} else if (strcmp(names[i], PASSED_JOURNAL) == 0) {
			descriptor_close(&out->journal);
			out->journal = fd;
		} else if (strcmp(names[i], PASSED_PARCEL) == 0) {
			descriptor_close(&out->parcel);
			out->parcel = fd;
		} else {
			out->socket = fd;
			sockets++;
		}
		free(names[i]);
	}
	free(names);
	if (sockets > 1) {
		log_write(LOG_ERR, "expected one socket to be passed, got %d", sockets);
		return -EINVAL;
	}
	return 0;
}

static int set_nonblocking(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int listener_from_passed(int fd, struct listener *out)
{
	int error = 0;

	if (sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) <= 0) {
		log_write(LOG_ERR,
			"what was passed is no listening SOCK_SEQPACKET Unix socket; see "
			"ListenSequentialPacket= in systemd.socket(5)");
		error = -EINVAL;
	}
	if (error == 0) {
		error = set_nonblocking(fd);
		if (error < 0)
			log_write(LOG_ERR, "the passed socket: %s", strerror(-error));
	}
	if (error < 0)
		close(fd);
	else
		*out = (struct listener){.fd = fd, .lock_fd = -1};
	return error;
}

bool listener_from_keeper(int fd, int lock_fd, const char *path, struct listener *out)
{
	char *own = NULL;

	if (fd < 0 || sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, path, 0) <= 0)
		return false;
	if (path && lock_fd >= 0) {
		own = strdup(path);
		if (!own)
			return false;
	}
	*out = (struct listener){.fd = fd, .lock_fd = lock_fd, .path = own};
	return true;
}

static const char taken[] = "another process listens there";

/*
 * The lock makes one step of "nobody listens here" and "now this process does". The lock file is
 * never removed.
 */
static int take_lock(const char *path)
{
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(".lock")];
	int fd;

	snprintf(lock_path, sizeof(lock_path), "%s.lock", path);
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		int error = errno;

		log_write(LOG_ERR, "%s: %s", lock_path, strerror(error));
		return -error;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno;

		close(fd);
		log_write(LOG_ERR, "%s: %s", path, error == EWOULDBLOCK ? taken : strerror(error));
		return -error;
	}
	return fd;
}

/*
 * Removes a socket on which nobody listens. A service manager's socket has no lock, but a listener.
 */
static int remove_stale(const char *path, const struct sockaddr_un *address)
{
	struct stat st;
	int fd;
	int error;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (error != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) < 0 ? -errno : 0;
}

/*
 * The socket has its mode from the first moment on, or who connects before listen(2) would be
 * refused by EACCES, and not try again. chmod(2): the directory may have a default access list.
 */
static int bind_and_listen(const char *path, mode_t mode, const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;
	mode_t before;

	if (fd < 0)
		return -errno;
	before = umask(~mode & 0777);
	error = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	umask(before);
	if (error == 0 && (chmod(path, mode) < 0 || listen(fd, SOMAXCONN) < 0))
		error = -errno;
	if (error < 0)
		close(fd);
	return error < 0 ? error : fd;
}

int listener_bind(const char *path, mode_t mode, struct listener *out)
{
	struct listener listener = {.fd = -1, .lock_fd = -1};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		log_write(LOG_ERR, "%s: longer than the %zu bytes of a Unix socket's path", path,
			sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path));
	listener.lock_fd = take_lock(path);
	if (listener.lock_fd < 0)
		return listener.lock_fd;
	error = remove_stale(path, &address);
	if (error == 0) {
		listener.path = strdup(path);
		listener.fd = listener.path ? bind_and_listen(path, mode, &address) : -ENOMEM;
		error = listener.fd < 0 ? listener.fd : 0;
	}
	if (error < 0) {
		log_write(LOG_ERR, "%s: %s", path,
			error == -EADDRINUSE ? taken
			: error == -EEXIST   ? "there is a file that is not a socket"
					     : strerror(-error));
		listener_close(&listener);
		return error;
	}
	*out = listener;
	return 0;
}

int listener_open(const char *path, mode_t mode, struct listener *out, int *parcel)
{
	struct passed passed;
	int error;

	*parcel = -1;
	if (path)
		return listener_bind(path, mode, out);
	error = listen_take_passed(&passed);
	if (error < 0)
		return error;
	*parcel = passed.parcel;
	if (passed.socket < 0) {
		log_write(LOG_ERR, "no socket was passed: start %s.socket, or give --socket=PATH",
			program_invocation_short_name);
		return -ENOENT;
	}
	return listener_from_passed(passed.socket, out);
}
