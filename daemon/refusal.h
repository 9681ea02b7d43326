/* SPDX-License-Identifier: MIT */
/* The answer of a broker that cannot start to the clients that wait for it. */
#ifndef PRSHM_DAEMON_REFUSAL_H
#define PRSHM_DAEMON_REFUSAL_H

/*
 * Tells each client that waits at the listening socket, or comes within a second, that the broker
 * is broken. Returns at once if no client waits. Otherwise clients would wait for an answer until
 * their time is up, and a service manager would start the broker again for each of them, as fast as
 * it can.
 */
void refusal_serve(int socket);

#endif
