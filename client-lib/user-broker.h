/* SPDX-License-Identifier: MIT */
/*
 * The user's own broker: where it listens, and how it is started. The library makes the listening
 * socket and passes it to prshmd (sd_listen_fds(3)). So the library can connect before prshmd runs,
 * and does not have to poll.
 */
#ifndef PRSHM_CLIENT_USER_BROKER_H
#define PRSHM_CLIENT_USER_BROKER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * $XDG_RUNTIME_DIR/prshm/broker.sock, else /run/user/UID/prshm/..., else /tmp/prshm-UID/...; the
 * directory is made, mode 0700, and must be the caller's own. False: no such directory can be had.
 */
bool user_broker_path(char *path, size_t size);

/* Connects. Starts the broker first if none listens, unless PRSHM_AUTOSTART=0. */
int user_broker_connect(const char *path, int seconds);

#endif
