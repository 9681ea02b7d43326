/* SPDX-License-Identifier: MIT */
/*
 * OPEN_MANY: several opens in one request. Each name is opened as OPEN would open it.
 *
 * If a broker dies, its reply may be lost. The next broker makes the reply again from the peer's
 * holders: each has the place of its name in the request, and the handle that was opened before. So
 * the segments stay open under the same handles.
 */
#include "daemon/core/drain.h"
#include "daemon/core/hold.h"
#include "daemon/core/memory.h"
#include "daemon/core/ops.h"

static bool next_name(const struct wire_request *request, size_t *at, struct wire_request *one)
{
	return wire_get_name(
		request->name, request->name_length, at, &one->name, &one->name_length);
}

/* holder: of the handle, if status is OK. */
static void tell(
	const struct context *c, size_t *used, enum status status, const struct holder *holder)
{
	struct reply *reply = c->reply;
	struct wire_outcome outcome = {.status = status};
	struct wire_inode inode = {0};

	if (status == STATUS_OK) {
		const struct wire_opened opened = opened_of(holder);

		outcome.segment = opened.segment;
		outcome.size = opened.size;
		outcome.handle = opened.handle;
		outcome.access = opened.access;
		inode.inode = holder->segment->inode;
	}
	wire_put_outcome(reply->tail, sizeof(reply->tail), used, &outcome);
	if (c->request->open_many.flags & WIRE_OPEN_INODE)
		wire_put_inode(reply->tail, sizeof(reply->tail), used, &inode);
}

static void finish(const struct context *c, uint32_t count, size_t used)
{
	c->reply->wire.opened_many = (struct wire_opened_many){.count = count};
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = used;
}

/*
 * Opens names from the first on, until the reply has no room for another descriptor, or one has to
 * wait. The client asks for the others again.
 */
enum status op_open_many(const struct context *c)
{
	const struct wire_open_many *many = &c->request->open_many;
	struct wire_request one = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {.size = many->size, .flags = many->flags & WIRE_OPEN_READONLY},
	};
	struct context each = {c->broker, c->peer, &one, c->reply, 0};
	size_t at = 0;
	size_t used = 0;

	c->peer->last.handle = HANDLE_NONE;
	while (each.place < WIRE_FDS_MAX && c->reply->fd_count < c->reply->room &&
		next_name(c->request, &at, &one)) {
		enum status status;

		each.place++;
		status = op_open(&each);
		if (status == STATUS_LATER && each.place == 1)
			return STATUS_LATER;
		if (status == STATUS_LATER) {
			each.place--;
			break;
		}
		if (status != STATUS_OK)
			count_refused(c, status);
		tell(c, &used, status, peer_find(c->peer, c->reply->wire.opened.handle));
	}
	finish(c, each.place, used);
	return STATUS_OK;
}

/*
 * Finds the holders that the last request opened, by place: NULL where nothing was opened, or where
 * the handle is closed again. A free holder still has its place and its previous handle: no later
 * request has used it. Places must fall from one to the next, so a chain in a bad journal ends,
 * too.
 */
static void find_holds(const struct peer *peer, struct holder *holds[WIRE_FDS_MAX])
{
	uint32_t handle = peer->last.handle;
	uint32_t below = WIRE_FDS_MAX + 1;

	while (handle < peer->holder_count) {
		struct holder *holder = peer->holders[handle];

		if (holder->place == 0 || holder->place >= below)
			return;
		below = holder->place;
		holds[below - 1] = holder->segment ? holder : NULL;
		handle = holder->previous;
	}
}

/*
 * Replies to a copy of the last request:
 * (1) A name whose handle is open gets that handle, and a descriptor.
 * (2) A name that has no open handle is not opened now: if the client has the first reply, it would
 *     not know of the new handle. The status is RESTARTED: the client asks again for that name.
 * (3) A descriptor may not be had this time. The client may not know of the handle: close it.
 */
enum status repeat_many(const struct context *c)
{
	struct holder *holds[WIRE_FDS_MAX] = {NULL};
	const uint32_t asked = c->request->open_many.count;
	const uint32_t count = asked < WIRE_FDS_MAX ? asked : WIRE_FDS_MAX;
	size_t used = 0;

	find_holds(c->peer, holds);
	for (uint32_t i = 0; i < count; i++) {
		enum status status = STATUS_RESTARTED;

		if (holds[i] && c->reply->fd_count < c->reply->room &&
			choose_fd(holds[i]->segment, holds[i]->access, c->reply) == STATUS_OK) {
			status = STATUS_OK;
		} else if (holds[i]) {
			close_handle(c->broker, c->peer, holds[i]->handle);
		}
		tell(c, &used, status, holds[i]);
	}
	finish(c, count, used);
	return STATUS_OK;
}
