/* SPDX-License-Identifier: MIT */
/*
 * OPEN_MANY: several opens in one request, each of them what OPEN does with that name.
 *
 * A reply that was lost with a broker is made again from the holds, which know the place of their
 * name in the request, and the hold before: so what was open stays open, under the same handles.
 */
#include "daemon/core/drain.h"
#include "daemon/core/ops.h"

static bool next_name(const struct wire_request *request, size_t *at, struct wire_request *one)
{
	return wire_get_name(
		request->name, request->name_length, at, &one->name, &one->name_length);
}

static void tell(const struct context *c, size_t *used, enum status status,
	const struct wire_opened *opened)
{
	struct wire_outcome outcome = {.status = status};

	if (status == STATUS_OK) {
		outcome.segment = opened->segment;
		outcome.size = opened->size;
		outcome.handle = opened->handle;
		outcome.access = opened->access;
	}
	wire_put_outcome(c->reply->tail, sizeof(c->reply->tail), used, &outcome);
}

static void finish(const struct context *c, uint32_t count, size_t used)
{
	c->reply->wire.opened_many = (struct wire_opened_many){.count = count};
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = used;
}

/* As many of the names, from the first on, as the reply has room for descriptors. */
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
		if (status != STATUS_OK)
			count_refused(c, status);
		tell(c, &used, status, &c->reply->wire.opened);
	}
	finish(c, each.place, used);
	return STATUS_OK;
}

/*
 * Those of the last request by place, where they are still open. Handles that are not keep what they
 * were, as nothing was opened since. A bad journal might have them in a ring.
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
 * A name that failed, or was not tried, is not tried now: the client may have the first reply, and
 * would not know of the hold. It asks again for those names.
 *
 * A hold that there is no descriptor for is closed if the last broker may have died before it replied:
 * nobody knows of it. If the first reply was ours, the client uses that one, and the hold.
 */
enum status repeat_many(const struct context *c)
{
	struct holder *holds[WIRE_FDS_MAX] = {NULL};
	const uint32_t asked = c->request->open_many.count;
	const uint32_t count = asked < WIRE_FDS_MAX ? asked : WIRE_FDS_MAX;
	size_t used = 0;

	find_holds(c->peer, holds);
	for (uint32_t i = 0; i < count; i++) {
		struct wire_opened opened = {0};
		enum status status = STATUS_RESTARTED;

		if (holds[i] && c->reply->fd_count < c->reply->room &&
			choose_fd(holds[i]->segment, holds[i]->access, c->reply) == STATUS_OK) {
			status = STATUS_OK;
			opened = opened_of(holds[i]);
		} else if (holds[i] && !c->peer->last.answered) {
			close_handle(c->broker, c->peer, holds[i]->handle);
		}
		tell(c, &used, status, &opened);
	}
	c->peer->last.answered = true;
	finish(c, count, used);
	return STATUS_OK;
}
