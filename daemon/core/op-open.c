/* SPDX-License-Identifier: MIT */
/* The ops that open what exists. OPEN may create it; see op-create.h. */
#include "daemon/core/hold.h"
#include "daemon/core/op-create.h"
#include "daemon/core/ops.h"
#include "daemon/core/unsealed.h"

/* The seals come last, as they stay. They may show that the segment cannot be shared. */
static enum status share(const struct context *c, struct segment *segment)
{
	const struct wire_request *request = c->request;
	const int error = unsealed_share(c->broker, segment);

	if (error < 0)
		return reply_fail(c->reply, error);
	if (segment->sealing == SPOILED)
		return STATUS_REFUSED;
	if (request->header.op != WIRE_OP_OPEN || (request->open.flags & WIRE_OPEN_POSIX))
		return STATUS_OK;
	/* The creator may have made it smaller after the last look. */
	return request->open.size > segment->size ? STATUS_BAD_SIZE : STATUS_OK;
}

static enum status reserve_and_hold(
	const struct context *c, struct segment *segment, unsigned int access)
{
	const size_t fds = c->reply->fd_count; /* of other names: OPEN_MANY */
	enum status status = reserve_handle(c);

	if (status != STATUS_OK)
		return status;
	status = choose_fd(segment, access, c->reply);
	if (status == STATUS_OK && !(access & WIRE_FILL))
		status = share(c, segment);
	if (status == STATUS_OK)
		take_hold(c, segment, access);
	else
		reply_keep_fds(c->reply, fds);
	return status;
}

/* Whether this client has a handle with FILL: it may change the size. */
static bool is_creator(const struct context *c, struct segment *segment)
{
	const struct holder *holder = peer_next_holder(segment, c->peer->number - 1, UINT32_MAX);

	for (; holder && holder->peer == c->peer;
		holder = peer_next_holder(segment, c->peer->number, holder->handle)) {
		if (holder->access & WIRE_FILL)
			return true;
	}
	return false;
}

/* Whether no other connection has a handle. The holders' rings were drained before (handle.c). */
static bool has_no_other_holder(const struct context *c, struct segment *segment)
{
	const struct holder *first = peer_next_holder(segment, 0, 0);

	return !first ||
	       (first->peer == c->peer && !peer_next_holder(segment, c->peer->number, UINT32_MAX));
}

/*
 * Whether this client is the only process with the memory, so that its open shares nothing.
 * Then the size is not fixed, and the client may change it. All of these hold:
 * (1) Nobody has opened the segment while it had no size, relying on the first one.
 * (2) No other connection has a handle.
 * (3) The client has a handle with FILL; or its user pays for the segment, and no other process has
 *     a descriptor or a mapping of the memory. A handle from HOLD does not show that. The
 *     kernel does not tell whose a descriptor is, so one of the client's own counts, too.
 */
static enum status check_alone(const struct context *c, struct segment *segment, bool *out)
{
	const struct peer *peer = c->peer;
	const bool pays =
		segment->charges[0].account == peer->account && !peer->credentials.unmapped;
	const bool creator = is_creator(c, segment);
	bool alone = segment->sealing == UNSEALED && !segment->opened_early &&
		     has_no_other_holder(c, segment) && (pays || creator);
	const int error = alone && !creator ? unsealed_check_unshared(segment, &alone) : 0;

	if (error < 0)
		return reply_fail(c->reply, error);
	*out = alone;
	return STATUS_OK;
}

/*
 * Before there is a size. If nobody has the segment open, a client that opens it for writing
 * becomes the creator of new memory. A process may have a descriptor of the old memory without a
 * handle, and could make that memory smaller later.
 */
static enum status open_empty(const struct context *c, struct segment *segment, unsigned int access)
{
	if (is_creator(c, segment))
		return reserve_and_hold(c, segment, access | WIRE_OWN | WIRE_FILL);
	if (segment->holder_count == 0 && (access & WIRE_WRITE))
		return replace_memory(c, segment);
	return reserve_and_hold(c, segment, access | WIRE_OWN);
}

/* The order in which open(2) checks: EXCL, then rights. */
static enum status open_posix(const struct context *c, struct segment *segment)
{
	const uint32_t flags = c->request->open.flags;
	const unsigned int access = access_on(c, segment, flags & WIRE_OPEN_READONLY);
	enum status status;
	bool alone = false;

	if ((flags & WIRE_OPEN_CREATE) && (flags & WIRE_OPEN_EXCL))
		return STATUS_EXISTS;
	if (!(access & WIRE_READ) || (!(flags & WIRE_OPEN_READONLY) && !(access & WIRE_WRITE)))
		return STATUS_DENIED;
	if ((flags & WIRE_OPEN_TRUNCATE) && !(rights_on(c, segment) & WIRE_WRITE))
		return STATUS_DENIED;
	/*
	 * Read the size after check_alone: another process may have changed it just before it
	 * closed its descriptor.
	 */
	status = check_alone(c, segment, &alone);
	if (status == STATUS_OK)
		status = unsealed_check(c->broker, segment, true);
	if (status != STATUS_OK)
		return status;
	if ((flags & WIRE_OPEN_TRUNCATE) && !unsealed_is_empty(segment))
		return replace_memory(c, segment);
	if (alone)
		return reserve_and_hold(c, segment, access | WIRE_OWN | WIRE_FILL);
	return unsealed_is_empty(segment) ? open_empty(c, segment, access)
					  : reserve_and_hold(c, segment, access | WIRE_OWN);
}

/* The order in which NSPR checks: rights, then EXCL, then the size. */
static enum status open_existing(const struct context *c, struct segment *segment)
{
	const struct wire_open *open = &c->request->open;
	const unsigned int exclusive = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;
	unsigned int access = access_on(c, segment, open->flags & WIRE_OPEN_READONLY);
	enum status status;

	if (open->flags & WIRE_OPEN_POSIX)
		return open_posix(c, segment);
	if (!(access & WIRE_READ))
		return STATUS_DENIED;
	if ((open->flags & exclusive) == exclusive)
		return STATUS_EXISTS;
	status = unsealed_check(c->broker, segment, false);
	if (status != STATUS_OK)
		return status;
	if (open->size > segment->size)
		return STATUS_BAD_SIZE;
	return reserve_and_hold(c, segment, access);
}

enum status op_open(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status == STATUS_OK)
		return open_existing(c, segment);
	if (status == STATUS_NOT_FOUND && (c->request->open.flags & WIRE_OPEN_CREATE))
		return create_named(c);
	return status;
}

/* The uid must fit, too: somebody may have seen the token in a command line or an environment. */
enum status op_redeem(const struct context *c)
{
	const struct token token = {c->request->redeem.token_high, c->request->redeem.token_low};
	struct segment *segment = registry_find_token(&c->broker->registry, &token);

	if (!segment || segment->rights.uid != c->peer->credentials.uid ||
		c->peer->credentials.unmapped)
		return STATUS_NOT_FOUND;
	return reserve_and_hold(c, segment, access_on(c, segment, false));
}

/*
 * Before the size is fixed, a descriptor came with a handle with FILL, and with that of an early
 * open: that descriptor can only read. With a handle from HOLD came none.
 */
static bool came_with_descriptor(const struct holder *holder)
{
	return holder->segment->sealing == SEALED || (holder->access & WIRE_FILL) ||
	       ((holder->access & WIRE_OWN) && unsealed_is_empty(holder->segment));
}

/* The descriptor that came with the handle, once more: the client has closed it. */
static enum status reopen_handle(const struct context *c, uint64_t handle)
{
	const struct holder *holder =
		handle <= UINT32_MAX ? peer_find(c->peer, (uint32_t)handle) : NULL;

	if (!holder || !(holder->access & WIRE_READ) || !came_with_descriptor(holder))
		return STATUS_NOT_FOUND;
	return choose_fd(holder->segment, holder->access, c->reply);
}

/*
 * A read-only descriptor, by the segment's number: for a read-only attachment of a client that may
 * write, and for forked children. Rights are checked as in OPEN.
 */
enum status op_reopen(const struct context *c)
{
	const uint64_t wanted = c->request->reopen.segment;
	struct segment *segment = registry_find_number(&c->broker->registry, wanted);

	if (wanted & WIRE_REOPEN_HANDLE)
		return reopen_handle(c, wanted & ~WIRE_REOPEN_HANDLE);
	/*
	 * The same status for each reason: numbers are easy to guess, and must not tell what
	 * exists.
	 */
	if (!segment || segment->anonymous || segment->sealing != SEALED ||
		!(rights_on(c, segment) & WIRE_READ))
		return STATUS_NOT_FOUND;
	return choose_fd(segment, WIRE_READ, c->reply);
}
