/* SPDX-License-Identifier: MIT */
/* Messages that have a header, and nothing else. */
#include "daemon/notice.h"

#include <errno.h>
#include <sys/socket.h>

bool notice_make(enum status status, struct wire_message *out)
{
	const struct wire_reply reply = {.header = {.status = (uint16_t)status}};

	return wire_encode_reply(&reply, out);
}

int notice_send(int fd, enum status status)
{
	struct wire_message message;

	return notice_make(status, &message) ? wire_send(fd, &message, MSG_DONTWAIT) : -EINVAL;
}
