/* SPDX-License-Identifier: MIT */
/*
 * Which broker: $PRSHM_SOCKET, else the system's broker, else the user's, which is started if it
 * does not run. A process stays with the first one that it reached: two brokers have different
 * segments.
 */
#ifndef PRSHM_CLIENT_LOCATE_H
#define PRSHM_CLIENT_LOCATE_H

#include <stddef.h>

#define LOCATE_SYSTEM_SOCKET "/run/prshm/broker.sock"

/* Bytes of a socket's path with its NUL: sun_path of unix(7). */
#define LOCATE_PATH_MAX ((size_t)108)

/* Why a broker is asked at a path. */
enum locate_choice {
	LOCATE_NOWHERE = 0,
	LOCATE_NAMED = 1, /* PRSHM_SOCKET is that path */
	LOCATE_HOST = 2,  /* the path of the host's broker */
	LOCATE_USER = 3,  /* the path of the user's own, which this process may start */
};

/* A connected socket with time-outs of that many seconds, or a negative errno. Not thread-safe. */
int locate_connect(int seconds);

/*
 * Which broker was reached first, and is this process's; LOCATE_NOWHERE and "": none yet. Not
 * thread-safe.
 */
enum locate_choice locate_chosen(char path[LOCATE_PATH_MAX]);

/* Says, for the program, that the broker that was chosen ends each connection. */
void locate_tell_broken(void);

#endif
