/* SPDX-License-Identifier: MIT */
/*
 * Which broker: $PRSHM_SOCKET, else the system's broker, else the user's, which is started if it
 * does not run. A process stays with the first one that it reached: two brokers have different
 * segments.
 */
#ifndef PRSHM_CLIENT_LOCATE_H
#define PRSHM_CLIENT_LOCATE_H

#define LOCATE_SYSTEM_SOCKET "/run/prshm/broker.sock"

/* A connected socket with time-outs of that many seconds, or a negative errno. Not thread-safe. */
int locate_connect(int seconds);

#endif
