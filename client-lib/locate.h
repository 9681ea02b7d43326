/* SPDX-License-Identifier: MIT */
/*
 * Which broker: $PRSHM_SOCKET, else the system's, else the user's, which is started if nobody did.
 * The first one reached is this process's for good: a program must not change worlds half-way.
 */
#ifndef PRSHM_CLIENT_LOCATE_H
#define PRSHM_CLIENT_LOCATE_H

#define LOCATE_SYSTEM_SOCKET "/run/prshm/broker.sock"

/* A connected socket with time-outs of so many seconds, or a negative errno. Not thread-safe. */
int locate_connect(int seconds);

#endif
