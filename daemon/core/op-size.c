/* SPDX-License-Identifier: MIT */
/*
 * HOLD and SIZE: for clients that use segments as files, by descriptors that may come from
 * anywhere.
 */
#include <fcntl.h>

#include "daemon/core/hold.h"
#include "daemon/core/memory.h"
#include "daemon/core/ops.h"
#include "daemon/core/unsealed.h"

static enum status find_known(const struct context *c, struct segment **out)
{
	const uint64_t number = c->request->hold.segment;
	struct segment *segment = NULL;

	if (number == 0)
		return find_named(c, out);
	segment = registry_find_number(&c->broker->registry, number);
	if (!segment)
		return STATUS_NOT_FOUND;
	*out = segment;
	return STATUS_OK;
}

/*
 * The client may hold what its user may read or owns. Holding gives no access to the memory: the
 * reply has no descriptor. Each refusal is NOT_FOUND: numbers are easy to guess.
 */
enum status op_hold(const struct context *c)
{
	struct segment *segment;
	enum status status = find_known(c, &segment);
	unsigned int access;

	if (status != STATUS_OK)
		return status;
	access = rights_on(c, segment);
	if (segment->anonymous || segment->inode != c->request->hold.inode ||
		!(access & (WIRE_READ | WIRE_MANAGE)))
		return STATUS_NOT_FOUND;
	status = reserve_handle(c);
	if (status == STATUS_OK)
		take_hold(c, segment, access & (WIRE_READ | WIRE_WRITE));
	return status;
}

/* Opened first, as sizing cannot be undone. */
static enum status add_writer(const struct context *c, const struct segment *segment)
{
	const int fd = segment_open_again(segment, O_RDWR);

	if (fd < 0)
		return reply_fail(c->reply, fd);
	reply_add_fd(c->reply, fd, true);
	return STATUS_OK;
}

static enum status size_segment(const struct context *c, struct segment *segment)
{
	const struct wire_size *wanted = &c->request->size;
	int outcome;

	if (wanted->flags & WIRE_SIZE_SET) {
		outcome = unsealed_grow(c->broker, segment, wanted->size, &c->reply->refusal);
	} else {
		outcome = unsealed_look(c->broker, segment);
		/* Once the size is fixed there is a descriptor that writes: worth waiting for. */
		if (!(wanted->flags & WIRE_SIZE_WRITER) || !memory_is_late(outcome))
			outcome = 0;
	}
	return outcome < 0 ? reply_fail(c->reply, outcome) : (enum status)outcome;
}

/* Before the size is fixed, only a client whose handle has FILL may write. */
static bool may_write(const struct holder *holder)
{
	return holder->segment->sealing == SEALED ||
	       (holder->segment->sealing == UNSEALED && (holder->access & WIRE_FILL));
}

/* May be done twice: the second time the segment has that size already. */
enum status op_size(const struct context *c)
{
	const struct wire_size *wanted = &c->request->size;
	const struct holder *holder = peer_find(c->peer, wanted->handle);
	enum status status = STATUS_OK;
	struct segment *segment;

	if (!holder)
		return STATUS_NOT_FOUND;
	if (wanted->flags != 0 && !(holder->access & WIRE_WRITE))
		return STATUS_DENIED;
	segment = holder->segment;
	if (wanted->flags & WIRE_SIZE_WRITER)
		status = add_writer(c, segment);
	if (status == STATUS_OK)
		status = size_segment(c, segment);
	if (status != STATUS_OK || !may_write(holder))
		reply_deinit(c->reply);
	if (status == STATUS_OK)
		c->reply->wire.stated = describe_segment(segment);
	return status;
}
