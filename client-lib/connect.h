/* SPDX-License-Identifier: MIT */
/* Connects to a broker at a path. locate.h decides which path that is. */
#ifndef PRSHM_CLIENT_CONNECT_H
#define PRSHM_CLIENT_CONNECT_H

/*
 * Returns a connected socket, above standard error and CLOEXEC, which the caller owns; or a
 * negative errno.
 * seconds: the longest time for connecting, and later for each send and receive.
 */
int connect_path(const char *path, int seconds);

#endif
