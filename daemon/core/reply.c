/* SPDX-License-Identifier: MIT */
/* Fills in a reply, and frees what it owns. */
#include "daemon/core/reply.h"

#include <string.h>
#include <unistd.h>

#include "daemon/core/memory.h"

void reply_init(struct reply *reply)
{
	memset(reply, 0, offsetof(struct reply, tail));
	reply->expected = true;
	reply->room = 1;
}

void reply_add_fd(struct reply *reply, int fd, bool owned)
{
	assert(reply->fd_count < WIRE_FDS_MAX);
	reply->fds[reply->fd_count++] = (struct reply_fd){fd, owned};
}

enum status reply_fail(struct reply *reply, int error)
{
	const enum status status = memory_status(-error);

	if (status == STATUS_INTERNAL)
		reply->error = -error;
	return status == STATUS_LATER && reply->last_time ? STATUS_REFUSED : status;
}

void reply_finish(struct reply *reply, const struct wire_header *request, enum status status)
{
	reply->wire.header = (struct wire_header){
		.op = request->op,
		.serial = request->serial,
		.status = (uint16_t)status,
		.fds = status == STATUS_OK ? (uint16_t)reply->fd_count : 0,
	};
}

void reply_keep_fds(struct reply *reply, size_t count)
{
	for (size_t i = count; i < reply->fd_count; i++) {
		if (reply->fds[i].owned)
			close(reply->fds[i].fd);
	}
	reply->fd_count = count;
}

void reply_deinit(struct reply *reply)
{
	reply_keep_fds(reply, 0);
}
