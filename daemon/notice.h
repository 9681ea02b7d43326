/* SPDX-License-Identifier: MIT */
/*
 * Messages that answer no request: that the connection is refused, or that the broker was restarted and
 * the client shall send a request without a reply again.
 */
#ifndef PRSHM_DAEMON_NOTICE_H
#define PRSHM_DAEMON_NOTICE_H

#include "wire/wire.h"

bool notice_make(enum status status, struct wire_message *out);
int notice_send(int fd, enum status status); /* 0 or a negative errno */

#endif
