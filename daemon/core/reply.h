/* SPDX-License-Identifier: MIT */
/* The broker's reply to one request: the message, and the descriptors that are sent with it. */
#ifndef PRSHM_DAEMON_CORE_REPLY_H
#define PRSHM_DAEMON_CORE_REPLY_H

#include "daemon/core/resource.h"
#include "wire/wire.h"

struct reply {
	struct wire_reply wire;
	bool expected;   /* false: this op has no reply */
	bool later;      /* nothing is done yet: the request is to be handled again, soon */
	bool last_time;  /* set by the shell: what cannot be done now is refused */
	size_t fd_count; /* descriptors in fds */
	/* how many there may be; the shell sets up to WIRE_FDS_MAX for OPEN_MANY */
	size_t room;
	int error;              /* 0; or, if the status is INTERNAL, the errno that is the reason */
	struct refusal refusal; /* if the status is NO_RESOURCES: which limit is the reason */
	/* reply_init does not clear the fields from here on. */
	uint8_t tail[WIRE_MESSAGE_MAX];
	struct reply_fd {
		int fd;
		bool owned; /* reply_deinit closes fd; false: fd lives longer than the reply */
	} fds[WIRE_FDS_MAX];
};

void reply_init(struct reply *reply);
void reply_add_fd(struct reply *reply, int fd, bool owned);
void reply_keep_fds(struct reply *reply, size_t count); /* so many from the first on */
/*
 * The one place that turns a failed system call into a status. error: a negative errno. Returns
 * NO_MEMORY, NO_RESOURCES or TOO_BIG; LATER, or REFUSED the last time; or INTERNAL, and sets
 * reply->error.
 */
enum status reply_fail(struct reply *reply, int error);
/* Fills in the header of the reply. broker_handle has called this when it returns. */
void reply_finish(struct reply *reply, const struct wire_header *request, enum status status);
void reply_deinit(struct reply *reply);

#endif
