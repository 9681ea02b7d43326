/* SPDX-License-Identifier: MIT */
/* Who is at the other end of a connection, as the kernel knows it. */
#ifndef PRSHM_DAEMON_SOCKET_CREDENTIALS_H
#define PRSHM_DAEMON_SOCKET_CREDENTIALS_H

#include "daemon/core/rights.h"

/* To be called first, while /proc can be read: finds out how our user namespace maps ids. */
void socket_credentials_init(void);

/* 0, or a negative errno. The caller owns *out (credentials_deinit). */
int socket_credentials(int fd, struct credentials *out);

#endif
