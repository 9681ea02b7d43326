/* SPDX-License-Identifier: MIT */
/* CLOSE and TAKE_BACK: both close a handle; TAKE_BACK also removes the segment's name. */
#include "daemon/core/drain.h"
#include "daemon/core/ops.h"

/*
 * Of a handle with FILL: whether it is the only one that the segment has ever had. Count the
 * handles; do not compare times: the clock stands still within a turn of the loop, and may be set
 * back.
 */
static bool is_only_handle_ever(const struct holder *holder)
{
	const struct segment *segment = holder->segment;

	return segment->holder_count == 1 && !segment->closed_once;
}

/*
 * For a client that has created a segment and found no memory for its pages. The request has the
 * handle, not the name: another segment may have the name by now. The policy may have given the
 * segment to another owner, so the creator may have no right to delete. Then the creator may do so
 * all the same, as long as nobody has opened the segment. Before the size is fixed, a client that
 * did not create the segment may have FILL, too: that client takes back no name.
 */
static bool may_take_back(const struct context *c, const struct holder *holder)
{
	const struct segment *segment = holder->segment;

	if (!(holder->access & WIRE_FILL) || !segment->named)
		return false;
	return is_only_handle_ever(holder) ||
	       (segment->sealing != UNSEALED && (rights_on(c, segment) & WIRE_DELETE));
}

enum status op_take_back(const struct context *c)
{
	const uint32_t handle = c->request->close.handle;
	const struct holder *holder = peer_find(c->peer, handle);

	if (holder && may_take_back(c, holder))
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
