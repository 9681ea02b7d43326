/* SPDX-License-Identifier: MIT */
/*
 * Serving one client's connection, from its first moment on. The struct is in connections.h, with
 * how a connection ends.
 */
#ifndef PRSHM_DAEMON_CONN_H
#define PRSHM_DAEMON_CONN_H

#include "daemon/connections.h"

/*
 * A client that was just accepted. Takes the descriptor, also when it fails. 0 or a negative errno.
 */
int conn_new(struct connections *connections, int fd);
/*
 * A connection that the last broker had; the peer has its socket. Takes the peer, and tells the
 * client that the broker was restarted. 0; or -ENOMEM, and then the peer is not taken.
 */
int conn_take_over(struct connections *connections, struct peer *peer);

#endif
