/* SPDX-License-Identifier: MIT */
/*
 * The socket a program listens on: either a service manager passed it (sd_listen_fds(3)), and its path is
 * never unlinked; or the program made it at a path, which belongs to the holder of the lock file beside.
 */
#ifndef PRSHM_BASE_LISTEN_H
#define PRSHM_BASE_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

struct listener {
	int fd;      /* owned; listening, non-blocking */
	int lock_fd; /* owned; -1 for a passed socket */
	char *path;  /* owned; NULL for a passed socket */
};

/* The names of passed descriptors (LISTEN_FDNAMES). Any other name: the socket to listen on. */
#define PASSED_KEEPER  "keeper"
#define PASSED_JOURNAL "journal"

/* What was passed to this process; -1: no such descriptor. */
struct passed {
	int socket;
	int keeper;  /* the link to the keeper that started this broker */
	int journal; /* the last broker's, which the service manager has stored since */
};

/* These log what is wrong, and return 0 or a negative errno. */
int listen_take_passed(struct passed *out); /* the caller's */
int listener_from_passed(int fd, struct listener *out); /* takes the descriptor */
/* mode: of the socket, whatever the umask is. */
int listener_bind(const char *path, mode_t mode, struct listener *out);
/* At the path; or, if that is NULL, the socket that was passed. Nothing else may be passed then. */
int listener_open(const char *path, mode_t mode, struct listener *out);
/*
 * Goes on with the socket and the lock of the last broker, if the socket listens at that path; path: NULL
 * takes any. fd, lock_fd: -1: there is none. False: nothing is taken.
 */
bool listener_from_keeper(int fd, int lock_fd, const char *path, struct listener *out);
void listener_keep(struct listener *listener);   /* its path is not unlinked: another broker goes on */
void listener_deinit(struct listener *listener); /* unlinks a path that the program made */

#endif
