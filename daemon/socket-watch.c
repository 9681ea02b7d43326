/* SPDX-License-Identifier: MIT */
/* Makes the broker's socket again when it has gone from its path. */
#include "daemon/socket-watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "base/units.h"

#define EVENTS (IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* Time for whoever removes a whole directory to come to the end; and for programs to come back. */
static const struct timeval pause_before = {.tv_sec = 1};
static const struct timeval pause_between = {.tv_sec = 3};

static bool is_there(const struct socket_watch *watch)
{
	struct stat st;

	return lstat(watch->path, &st) == 0 && st.st_dev == watch->device &&
	       st.st_ino == watch->inode;
}

/* The path without its last component. */
static bool directory_of(const char *path, char *out, size_t size)
{
	const char *end = strrchr(path, '/');
	const size_t length = end ? (size_t)(end - path) : 0;

	if (!end || length >= size)
		return false;
	memcpy(out, length > 0 ? path : "/", length > 0 ? length : 1);
	out[length > 0 ? length : 1] = '\0';
	return true;
}

/* Another look at the same directory changes nothing; at one that was made again, it is needed. */
static void note(struct socket_watch *watch)
{
	char directory[LOG_LINE_MAX];
	struct stat st;

	if (lstat(watch->path, &st) == 0) {
		watch->device = st.st_dev;
		watch->inode = st.st_ino;
	}
	if (watch->inotify >= 0 && directory_of(watch->path, directory, sizeof(directory)))
		inotify_add_watch(watch->inotify, directory, EVENTS);
}

/*
 * That the directory is the user's own is not checked: whoever can make it there could listen
 * there.
 */
static bool has_directory(const struct socket_watch *watch)
{
	char directory[LOG_LINE_MAX];
	struct stat st;

	return directory_of(watch->path, directory, sizeof(directory)) &&
	       ((stat(directory, &st) == 0 && S_ISDIR(st.st_mode)) || mkdir(directory, 0700) == 0);
}

static bool is_taken(const struct socket_watch *watch)
{
	struct stat st;

	return lstat(watch->path, &st) == 0;
}

/* The lock is given up first: if its file is still there, it is the one to be locked again. */
static bool make(struct socket_watch *watch)
{
	struct listener made;

	if (!has_directory(watch) || is_taken(watch))
		return false;
	if (watch->listener->lock_fd >= 0)
		flock(watch->listener->lock_fd, LOCK_UN);
	if (listener_bind(watch->path, 0666, &made) < 0)
		return false;
	acceptor_move(&watch->server->acceptor, made.fd);
	listener_deinit(watch->listener);
	*watch->listener = made;
	note(watch);
	watch->on_made(watch->on_made_data);
	log_write(LOG_NOTICE, "the socket %s had gone, and is there again", watch->path);
	return true;
}

static void tell_lost(struct socket_watch *watch)
{
	if (!watch->lost && watch->is_passed)
		log_write(LOG_WARNING,
			"the socket %s has gone: programs that start now do not find this "
			"broker: restart prshmd.socket",
			watch->path);
	else if (!watch->lost)
		log_write(LOG_WARNING,
			"the socket %s has gone, and %s: programs that start now do not "
			"find this broker, which ends when nobody is connected any more",
			watch->path,
			is_taken(watch) ? "something else is there" : "cannot be made again");
	watch->lost = true;
}

/* For two looks: a program that just ends may be followed by one that has the same connection. */
static void end_if_alone(struct socket_watch *watch)
{
	const struct server *server = watch->server;
	const bool alone = connections_count(&server->connections) == 0;
	char segments[UNITS_COUNT_MAX];

	if (alone && watch->alone) {
		log_write(LOG_WARNING,
			"nobody is connected, and nobody can find this broker: leaving, with %s",
			units_count(server->broker->registry.count, "segment", segments));
		event_base_loopexit(server->base, NULL);
	}
	watch->alone = alone;
}

static void look(int fd, short what, void *data)
{
	struct socket_watch *watch = data;

	(void)fd;
	(void)what;
	if (is_there(watch))
		return;
	if (watch->is_passed) {
		tell_lost(watch);
		return;
	}
	listener_keep(watch->listener); /* what is at the path now is not this broker's to remove */
	if (make(watch)) {
		watch->lost = watch->alone = false;
	} else {
		tell_lost(watch);
		end_if_alone(watch);
	}
	event_add(&watch->look, &pause_between); /* the file system may be gone as a whole, too */
}

static void changed(int fd, short what, void *data)
{
	struct socket_watch *watch = data;
	char events[4096];

	(void)what;
	while (read(fd, events, sizeof(events)) > 0)
		;
	if (!is_there(watch) && !event_pending(&watch->look, EV_TIMEOUT, NULL))
		event_add(&watch->look, &pause_before);
}

/* Of a socket that was bound at an absolute path; else NULL. */
static char *path_of(int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address) - 1; /* a NUL ends the path */

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.sun_path[0] != '/')
		return NULL;
	return strdup(address.sun_path);
}

void socket_watch_begin(struct socket_watch *watch, struct server *server,
	struct listener *listener, bool has_manager)
{
	watch->server = server;
	watch->listener = listener;
	watch->inotify = -1;
	watch->is_passed = !listener->path && has_manager;
	watch->path = path_of(listener->fd);
	evtimer_assign(&watch->look, server->base, look, watch);
	if (!watch->path)
		return;
	watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify < 0)
		return;
	event_assign(&watch->changed, server->base, watch->inotify, EV_READ | EV_PERSIST, changed,
		watch);
	event_add(&watch->changed, NULL);
	note(watch);
	/*
	 * Gone before this broker took over; where a manager made it, it may only be out of sight.
	 */
	if (!is_there(watch) && !watch->is_passed)
		event_add(&watch->look, &pause_before);
}

void socket_watch_end(struct socket_watch *watch)
{
	if (!watch->server)
		return;
	event_del(&watch->look);
	if (watch->inotify >= 0)
		event_del(&watch->changed);
	descriptor_close(&watch->inotify);
	free(watch->path);
	watch->path = NULL;
}
