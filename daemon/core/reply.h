/* SPDX-License-Identifier: MIT */
/* What the broker answers: a reply as it travels, and the descriptors that go with it. */
#ifndef PRSHM_DAEMON_CORE_REPLY_H
#define PRSHM_DAEMON_CORE_REPLY_H

#include "daemon/core/resource.h"
#include "wire/wire.h"

struct reply {
	struct wire_reply wire;
	bool expected; /* false: this op has no reply */
	size_t fd_count; /* of fds, to send along; */
	size_t room;     /* at most, set by the shell: 1, and of OPEN_MANY up to WIRE_FDS_MAX */
	int error;       /* 0, or the errno of a failure whose status is INTERNAL: see reply_fail */
	struct refusal refusal; /* where that status is NO_RESOURCES and a limit is the reason */
	/* From here on nothing is cleared. */
	uint8_t tail[WIRE_MESSAGE_MAX];
	struct reply_fd {
		int fd;
		bool owned; /* by this reply; otherwise by what lives for as long as the request is handled */
	} fds[WIRE_FDS_MAX];
};

void reply_init(struct reply *reply);
void reply_add_fd(struct reply *reply, int fd, bool owned);
/*
 * The one place where a system call's failure becomes a status. error: a negative errno. NO_MEMORY,
 * NO_RESOURCES, TOO_BIG, or INTERNAL, and then reply->error says why.
 */
enum status reply_fail(struct reply *reply, int error);
/* The header of the answer; broker_handle does it for what it handles. */
void reply_finish(struct reply *reply, const struct wire_header *request, enum status status);
void reply_deinit(struct reply *reply);

#endif
