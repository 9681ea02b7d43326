/* SPDX-License-Identifier: MIT */
/*
 * The broker: one request in, one reply out, and no way out but the reply.
 *
 * It checks everything, then reserves what the change needs, then changes: nothing is ever rolled
 * back. It knows neither sockets nor the event loop, so a test can call it like a function.
 */
#ifndef PRSHM_DAEMON_BROKER_H
#define PRSHM_DAEMON_BROKER_H

#include "daemon/peer.h"
#include "daemon/registry.h"

struct limits {
	uint64_t segment_bytes;        /* of one segment */
	uint32_t segments;             /* in all */
	uint32_t handles_a_connection; /* opens that are not closed */
};

struct broker {
	struct registry registry;
	struct limits limits;
};

struct reply {
	struct wire_reply wire;
	bool expected; /* false: this op has no reply */
	int fd;        /* to send along, or -1 */
	bool fd_owned; /* by this reply; otherwise by a segment that the peer holds */
	int error;     /* errno, where the status is INTERNAL */
	uint8_t tail[WIRE_MESSAGE_MAX];
};

void broker_init(struct broker *broker, const struct limits *limits);
void broker_deinit(struct broker *broker); /* after all its peers */

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply);
void reply_init(struct reply *reply);
/* The header of the answer; broker_handle does it for what it handles. */
void reply_finish(struct reply *reply, const struct wire_header *request, enum status status);
void reply_deinit(struct reply *reply);

#endif
