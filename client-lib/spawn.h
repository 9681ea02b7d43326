/* SPDX-License-Identifier: MIT */
/* Starting a broker from within somebody else's process, without that process noticing. */
#ifndef PRSHM_CLIENT_SPAWN_H
#define PRSHM_CLIENT_SPAWN_H

/*
 * Runs prshmd on a listening socket, detached: no child of ours that the program could wait for, no
 * SIGCHLD, none of its descriptors or environment. Its log is broker.sock.log beside the socket.
 * 0 or a negative errno; whether prshmd then runs, the connection tells.
 */
int spawn_broker(int listening_fd, const char *socket_path);

#endif
