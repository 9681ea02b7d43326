/* SPDX-License-Identifier: MIT */
/* Connects to a broker at a path. Which path that is, locate decides. */
#ifndef PRSHM_CLIENT_CONNECT_H
#define PRSHM_CLIENT_CONNECT_H

/*
 * A connected socket, above standard error, CLOEXEC, whose sends and receives end after that many
 * seconds, as does the connecting. Or a negative errno. The caller owns the socket.
 */
int connect_path(const char *path, int seconds);

#endif
