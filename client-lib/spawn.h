/* SPDX-License-Identifier: MIT */
/* Starts a broker from within a program, without side effects on that program. */
#ifndef PRSHM_CLIENT_SPAWN_H
#define PRSHM_CLIENT_SPAWN_H

/*
 * Runs prshmd on a listening socket, detached: the program gets no child to wait for and no
 * SIGCHLD; prshmd gets none of the program's descriptors and environment. The log is
 * broker.sock.log beside the socket. 0 or a negative errno; a connection tells whether prshmd then
 * runs.
 */
int spawn_broker(int listening_fd, const char *socket_path);

#endif
