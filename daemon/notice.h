/* SPDX-License-Identifier: MIT */
/*
 * Messages that answer no request. One tells that the connection is refused. The other one,
 * RESTARTED, tells that the broker was restarted: if the client waits for a reply, it shall send
 * the request again.
 */
#ifndef PRSHM_DAEMON_NOTICE_H
#define PRSHM_DAEMON_NOTICE_H

#include "wire/wire.h"

bool notice_make(enum status status, struct wire_message *out);
int notice_send(int fd, enum status status); /* 0 or a negative errno */

#endif
