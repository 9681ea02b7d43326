/* SPDX-License-Identifier: MIT */
/* The socket prshmd listens on, passed by a manager or made at a path. */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/log.h"

static void listener_close(struct listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock_fd >= 0)
		close(listener->lock_fd);
	free(listener->path);
	*listener = (struct listener){.fd = -1, .lock_fd = -1};
}

void listener_deinit(struct listener *listener)
{
	if (listener->path && listener->fd >= 0)
		unlink(listener->path); /* before the lock goes: the next broker makes its own */
	listener_close(listener);
}

int listener_from_manager(struct listener *out)
{
	int count = sd_listen_fds(1);
	int fd = SD_LISTEN_FDS_START;
	int flags;

	if (count == 0)
		return -ENOENT;
	if (count < 0) {
		log_write(LOG_ERR, "sd_listen_fds: %s", strerror(-count));
		return count;
	}
	if (count > 1 || sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) <= 0) {
		log_write(LOG_ERR,
			"expected one listening SOCK_SEQPACKET Unix socket to be passed, got %d "
			"descriptors; see ListenSequentialPacket= in systemd.socket(5)", count);
		return -EINVAL;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		int error = errno;

		log_write(LOG_ERR, "the passed socket: %s", strerror(error));
		return -error;
	}
	*out = (struct listener){.fd = fd, .lock_fd = -1};
	return 0;
}

/* The lock is what makes "nobody listens here" and "now we do" one step. Its file stays. */
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
		log_write(LOG_ERR, "%s: %s", path,
			error == EWOULDBLOCK ? "another prshmd listens there" : strerror(error));
		return -error;
	}
	return fd;
}

/* A socket of a manager's, say, has no lock of ours: whoever answers there is not to be replaced. */
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

static int bind_and_listen(const char *path, const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	/* Anyone who can reach the path may connect: rights are a segment's, not the socket's. */
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
		chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0) {
		error = -errno;
		close(fd);
	}
	return error < 0 ? error : fd;
}

int listener_at_path(const char *path, struct listener *out)
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
		listener.fd = listener.path ? bind_and_listen(path, &address) : -ENOMEM;
		error = listener.fd < 0 ? listener.fd : 0;
	}
	if (error < 0) {
		log_write(LOG_ERR, "%s: %s", path,
			error == -EADDRINUSE ? "another process listens there"
			: error == -EEXIST   ? "there is a file that is not a socket"
					     : strerror(-error));
		listener_close(&listener);
		return error;
	}
	*out = listener;
	return 0;
}
