/* SPDX-License-Identifier: MIT */
/*
 * The path of the socket that this broker, or the library that has started it, has made. If the
 * socket goes from there, as at a logout or when somebody clears /tmp, programs no longer find the
 * broker. So the socket is made again, with its directory. Where that cannot be, or another broker
 * listens there, the broker ends once nobody is connected: nobody could ever come back to it. What
 * a service manager has made is only told to have gone: the manager can make it again.
 */
#ifndef PRSHM_DAEMON_SOCKET_WATCH_H
#define PRSHM_DAEMON_SOCKET_WATCH_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/listen.h"
#include "daemon/server.h"

struct socket_watch {
	struct server *server;     /* borrowed */
	struct listener *listener; /* borrowed; without a path while the socket has gone */
	char *path;                /* owned; NULL: nothing is watched */
	dev_t device;              /* with inode: of the socket's file */
	ino_t inode;
	int inotify;                 /* owned; or -1 */
	struct event changed;        /* something in the directory */
	struct event look;           /* while the socket has gone, or was made just now */
	bool is_passed;              /* by a service manager */
	bool lost;                   /* logged */
	bool alone;                  /* nobody was connected at the last look */
	void (*on_made)(void *data); /* the listener is another one */
	void *on_made_data;
};

/* That a path cannot be watched is no error. */
void socket_watch_begin(struct socket_watch *watch, struct server *server,
	struct listener *listener, bool has_manager);
void socket_watch_end(struct socket_watch *watch);

#endif
