/* SPDX-License-Identifier: MIT */
/*
 * What every open ends with: a descriptor in the reply, a handle of the peer, and the reply's body.
 */
#include "daemon/core/hold.h"

#include <fcntl.h>

#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/park.h"
#include "daemon/core/unsealed.h"
#include "daemon/core/watched.h"

/* Without any right the reply has no descriptor; that is no error: a creator may choose mode 0. */
enum status choose_fd(const struct segment *segment, unsigned int rights, struct reply *reply)
{
	const bool early = unsealed_is_empty(segment);
	const bool writes = (rights & WIRE_WRITE) && (!early || (rights & WIRE_FILL));
	int fd;

	if (writes && !(rights & WIRE_OWN)) {
		reply_add_fd(reply, segment->fd, false);
		return STATUS_OK;
	}
	if (!(rights & WIRE_READ))
		return STATUS_OK;
	fd = segment_open_again(segment, writes ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return reply_fail(reply, fd);
	reply_add_fd(reply, fd, true);
	return STATUS_OK;
}

/*
 * What this peer's descriptor may do. An anonymous segment that was made read-only is read-only for
 * root,
 * too: a reader relies on it that nobody at all writes.
 */
unsigned int access_on(const struct context *c, const struct segment *segment, bool readonly)
{
	unsigned int access = WIRE_READ | WIRE_WRITE;

	if (segment->anonymous)
		access = segment->rights.mode & 0200 ? WIRE_READ | WIRE_WRITE : WIRE_READ;
	else
		access &= rights_on(c, segment);
	return readonly ? access & WIRE_READ : access;
}

struct wire_opened opened_of(const struct holder *holder)
{
	const bool huge = holder->segment->huge && (holder->access & WIRE_READ);

	return (struct wire_opened){
		.segment = holder->segment->number,
		.size = holder->segment->size,
		.handle = holder->handle,
		.access = holder->access | (huge ? WIRE_HUGE : 0U),
	};
}

/* The client need not ask the kernel which memory its descriptor is of. */
static void tell_inode(struct reply *reply, const struct segment *segment)
{
	const struct wire_inode inode = {.inode = segment->inode};

	wire_put_inode(reply->tail, sizeof(reply->tail), &reply->wire.tail_length, &inode);
}

static void tell_view(struct reply *reply, const struct segment *segment)
{
	const struct wire_viewed viewed = {.uid = segment->rights.uid,
		.gid = segment->rights.gid,
		.mode = segment->rights.mode};

	wire_put_viewed(reply->tail, sizeof(reply->tail), &reply->wire.tail_length, &viewed);
}

static void tell_more(const struct context *c, const struct segment *segment)
{
	const uint32_t flags = c->request->open.flags;
	struct reply *reply = c->reply;

	reply->wire.tail = reply->tail;
	reply->wire.tail_length = 0;
	if ((flags & WIRE_OPEN_INODE) && reply->fd_count > 0)
		tell_inode(reply, segment);
	if (flags & WIRE_OPEN_VIEW)
		tell_view(reply, segment);
}

/* The reply's body after a successful open: MADE for ANONYMOUS, else OPENED. */
static void tell(
	const struct context *c, const struct segment *segment, const struct holder *holder)
{
	if (c->request->header.op == WIRE_OP_ANONYMOUS)
		c->reply->wire.made = (struct wire_made){
			.segment = segment->number,
			.token_high = segment->token.high,
			.token_low = segment->token.low,
			.handle = holder->handle,
			.access = holder->access,
		};
	else
		c->reply->wire.opened = opened_of(holder);
	if (c->request->header.op == WIRE_OP_OPEN)
		tell_more(c, segment);
}

/* Parked handles count as closed: nobody is refused a handle because of them. */
enum status reserve_handle(const struct context *c)
{
	struct refusal *why = &c->reply->refusal;
	const enum status status = peer_reserve(c->peer, why);

	if (status != STATUS_NO_RESOURCES)
		return status;
	park_release(c->broker, c->peer->account, why);
	*why = (struct refusal){.kind = REFUSED_NOT};
	return peer_reserve(c->peer, why);
}

/* The peer gets a handle, and the journal a record. */
void take_hold(const struct context *c, struct segment *segment, unsigned int access)
{
	struct holder *holder;

	watched_look(c->broker, segment);
	holder = peer_hold(c->peer, segment, c->broker->registry.now, access);
	holder->previous = c->peer->last.handle;
	holder->place = c->place;
	c->peer->last.handle = holder->handle;
	park_give_out(c->broker, holder);
	journal_write_hold(c->broker, holder);
	note_event(c, WIRE_EVENT_OPENED, segment);
	tell(c, segment, holder);
}

/* An early open was replied to with a descriptor that reads; the size may have come since. */
static unsigned int repeated_rights(const struct holder *holder)
{
	const bool may_write = holder->segment->sealing == SEALED || (holder->access & WIRE_FILL);

	return may_write ? holder->access : holder->access & ~(unsigned int)WIRE_WRITE;
}

/*
 * A descriptor may not be had this time. Then the reply is an error, and the client does not know
 * of the handle: close it.
 */
enum status repeat_hold(const struct context *c)
{
	const struct holder *holder = peer_find(c->peer, c->peer->last.handle);
	enum status status;

	if (!holder)
		return STATUS_NOT_FOUND;
	status = c->request->header.op == WIRE_OP_HOLD
			 ? STATUS_OK
			 : choose_fd(holder->segment, repeated_rights(holder), c->reply);
	if (status == STATUS_OK)
		tell(c, holder->segment, holder);
	else
		close_handle(c->broker, c->peer, c->peer->last.handle);
	return status;
}
