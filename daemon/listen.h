/* SPDX-License-Identifier: MIT */
/*
 * The socket prshmd listens on: one that a manager passed (sd_listen_fds(3)), never unlinked by us,
 * or one of our own at a path, which belongs to whoever holds the lock beside it.
 */
#ifndef PRSHM_DAEMON_LISTEN_H
#define PRSHM_DAEMON_LISTEN_H

struct listener {
	int fd;      /* owned; listening, non-blocking */
	int lock_fd; /* owned; -1 for a passed socket */
	char *path;  /* owned; NULL for a passed socket */
};

/* Both log what is wrong, and return 0 or a negative errno. */
int listener_from_manager(struct listener *out); /* -ENOENT: nothing was passed; not logged */
int listener_at_path(const char *path, struct listener *out);
void listener_deinit(struct listener *listener); /* unlinks a path of our own */

#endif
