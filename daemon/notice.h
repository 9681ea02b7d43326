/* SPDX-License-Identifier: MIT */
/*
 * Messages to no request, a header and nothing else: that the connection is refused, or that its client is
 * to ask again what it has no reply to.
 */
#ifndef PRSHM_DAEMON_NOTICE_H
#define PRSHM_DAEMON_NOTICE_H

#include "wire/wire.h"

bool notice_make(enum status status, struct wire_message *out);
int notice_send(int fd, enum status status); /* 0 or a negative errno */

#endif
