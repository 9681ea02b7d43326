/* SPDX-License-Identifier: MIT */
/* CLOSE and TAKE_BACK: a handle goes, and with TAKE_BACK the segment's name, too. */
#include "daemon/core/drain.h"
#include "daemon/core/ops.h"

/*
 * For who made the segment and found no memory for it. By the handle, not by the name, which may be
 * another's by now. Who may not delete it, since the policy made it somebody else's, may as long as nobody
 * has opened it since.
 */
enum status op_take_back(const struct context *c)
{
	const uint32_t handle = c->request->close.handle;
	const struct holder *holder = peer_find(c->peer, handle);

	if (holder && (holder->access & WIRE_FILL) && holder->segment->named &&
		(holder->segment->opened == holder->since ||
			(rights_on(c, holder->segment) & WIRE_DELETE)))
		remove_name(c, holder->segment);
	close_handle(c->broker, c->peer, handle);
	return STATUS_OK;
}

/* One-way. A handle that is not there is not an error: nothing is left to be closed. */
enum status op_close(const struct context *c)
{
	close_handle(c->broker, c->peer, c->request->close.handle);
	c->reply->expected = false;
	return STATUS_OK;
}
