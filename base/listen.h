/* SPDX-License-Identifier: MIT */
/*
 * The socket a program listens on: either a service manager passed it (sd_listen_fds(3)), and its
 * path is never unlinked; or the program made it at a path, which belongs to the holder of the lock
 * file beside.
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
#define PASSED_PARCEL  "parcel"

/* What was passed to this process; -1: no such descriptor. */
struct passed {
	int socket;
	int keeper;  /* the link to the keeper that started this broker */
	int journal; /* the last broker's, which the service manager has stored since */
	/* all that the last process of this service has left with the service manager */
	int parcel;
};

/* These log what is wrong, and return 0 or a negative errno. */
int listen_take_passed(struct passed *out);             /* the caller owns the descriptors */
int listener_from_passed(int fd, struct listener *out); /* takes the descriptor */
/* Makes a socket at the path. mode: of the socket; the umask does not change it. */
int listener_bind(const char *path, mode_t mode, struct listener *out);
/*
 * Makes a socket at the path. If path is NULL, takes the socket that was passed: one, besides a
 * parcel, which the caller then owns. parcel: -1: none was passed.
 */
int listener_open(const char *path, mode_t mode, struct listener *out, int *parcel);
/*
 * Takes the socket and the lock of the last broker from the keeper, if the socket listens at that
 * path. path: NULL: any path will do. fd, lock_fd: -1: the keeper had none. False: nothing is
 * taken.
 */
bool listener_from_keeper(int fd, int lock_fd, const char *path, struct listener *out);
/* deinit will not unlink: another broker goes on */
void listener_keep(struct listener *listener);
void listener_deinit(struct listener *listener); /* unlinks a path that the program made */

#endif
