/* SPDX-License-Identifier: MIT */
/* Messages to no request: a header, and nothing else. */
#include <errno.h>
#include <sys/socket.h>

#include "daemon/conn.h"
#include "daemon/reply.h"

int conn_notice(int fd, enum status status)
{
	struct reply reply;
	struct wire_message message = {.fd_count = 0};

	reply_init(&reply);
	reply_finish(&reply, &(struct wire_header){0}, status);
	return wire_encode_reply(&reply.wire, &message) ? wire_send(fd, &message, MSG_DONTWAIT)
							: -EINVAL;
}

/* Where there is no room, a client that keeps to the protocol has several of the same unread. */
bool conn_tell_restarted(struct conn *conn)
{
	const int error = conn_notice(conn->fd, STATUS_RESTARTED);

	return error == 0 || error == -EAGAIN;
}
