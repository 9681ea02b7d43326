/* SPDX-License-Identifier: MIT */
/* RING: makes the page in which a client closes handles without a message. */
#include <errno.h>

#include "daemon/core/succession.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"

enum status op_ring(const struct context *c)
{
	struct peer *peer = c->peer;
	int error = 0;

	if (peer->ring.fd < 0) {
		/*
		 * A ring without a record would be lost at a restart, and the client would not
		 * know.
		 */
		error = succession_make_room(c->broker) ? ring_make(&peer->ring) : -ENOMEM;
		if (error < 0)
			return reply_fail(c->reply, error);
		succession_put_ring(c->broker, peer);
		journal_write_ring(c->broker, peer);
	}
	reply_add_fd(c->reply, peer->ring.fd, false);
	return STATUS_OK;
}
