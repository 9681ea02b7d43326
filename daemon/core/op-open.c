/* SPDX-License-Identifier: MIT */
/* The ops that open and create segments: all that put a descriptor into the reply, but RING. */
#include "daemon/core/drain.h"
#include "daemon/core/succession.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"
#include "daemon/core/park.h"

/* Without any right the reply has no descriptor; that is no error: a creator may choose mode 0. */
enum status choose_fd(const struct segment *segment, unsigned int rights, struct reply *reply)
{
	int fd;

	if (rights & WIRE_WRITE) {
		reply_add_fd(reply, segment->fd, false);
		return STATUS_OK;
	}
	if (!(rights & WIRE_READ))
		return STATUS_OK;
	fd = segment_open_readonly(segment);
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
static unsigned int access_on(const struct context *c, const struct segment *segment, bool readonly)
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

/* The reply's body after a successful open: MADE for ANONYMOUS, else OPENED. */
static void tell(const struct context *c, const struct segment *segment, const struct holder *holder)
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
}

/* The last step of a successful open: the peer gets a handle, and the journal a record. */
static void hold(const struct context *c, struct segment *segment, unsigned int access)
{
	struct holder *holder = peer_hold(c->peer, segment, c->broker->registry.now, access);

	holder->previous = c->peer->last.handle;
	holder->place = c->place;
	c->peer->last.handle = holder->handle;
	park_give_out(c->broker, holder);
	journal_write_hold(c->broker, holder);
	note_event(c, WIRE_EVENT_OPENED, segment);
	tell(c, segment, holder);
}

/*
 * A descriptor may not be had this time. Then the reply is an error, and two cases differ:
 * (1) The last broker may have died before it replied: the client does not know of the handle.
 *     Close it.
 * (2) This broker has replied before: the client uses that reply, and ignores this one. Leave the
 *     handle open.
 */
enum status repeat_hold(const struct context *c)
{
	struct peer *peer = c->peer;
	const struct holder *holder = peer_find(peer, peer->last.handle);
	enum status status;

	if (!holder)
		return STATUS_NOT_FOUND;
	status = choose_fd(holder->segment, holder->access, c->reply);
	if (status == STATUS_OK)
		tell(c, holder->segment, holder);
	else if (!peer->last.answered)
		close_handle(c->broker, peer, peer->last.handle);
	peer->last.answered = true;
	return status;
}

/* Parked handles count as closed: nobody is refused a handle because of them. */
static enum status reserve(const struct context *c)
{
	struct refusal *why = &c->reply->refusal;
	const enum status status = peer_reserve(c->peer, why);

	if (status != STATUS_NO_RESOURCES)
		return status;
	park_release(c->broker, c->peer->account, why);
	*why = (struct refusal){.kind = REFUSED_NOT};
	return peer_reserve(c->peer, why);
}

static enum status reserve_and_hold(
	const struct context *c, struct segment *segment, unsigned int access)
{
	enum status status = reserve(c);

	if (status != STATUS_OK)
		return status;
	status = choose_fd(segment, access, c->reply);
	if (status == STATUS_OK)
		hold(c, segment, access);
	return status;
}

/* The order in which NSPR checks: rights, then EXCL, then the size. */
static enum status open_existing(const struct context *c, struct segment *segment)
{
	const struct wire_open *open = &c->request->open;
	const unsigned int exclusive = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;
	unsigned int access = access_on(c, segment, open->flags & WIRE_OPEN_READONLY);

	if (!(access & WIRE_READ))
		return STATUS_DENIED;
	if ((open->flags & exclusive) == exclusive)
		return STATUS_EXISTS;
	if (open->size > segment->size)
		return STATUS_BAD_SIZE;
	return reserve_and_hold(c, segment, access);
}

static enum status check_size(const struct context *c, uint64_t size)
{
	if (size == 0)
		return STATUS_BAD_SIZE;
	return size > c->broker->policy.segment_bytes ? STATUS_TOO_BIG : STATUS_OK;
}

/*
 * The last steps of every creation. First come those that may fail, then those that cannot: the
 * registry and the hold. A client that may not write is not told to preallocate: fallocate(2) needs
 * a descriptor that can write.
 */
static enum status admit(
	const struct context *c, struct segment *segment, unsigned int access, bool fill)
{
	enum status status = segment_charge(segment, c->peer->account, &c->reply->refusal);

	if (fill && (access & WIRE_WRITE))
		access |= WIRE_FILL;
	segment->created = c->broker->registry.now;
	if (status == STATUS_OK)
		status = reserve(c);
	if (status != STATUS_OK)
		return status;
	status = choose_fd(segment, access, c->reply);
	if (status != STATUS_OK)
		return status;
	registry_add(&c->broker->registry, segment);
	c->broker->counters.creations++;
	succession_put_segment(c->broker, segment);
	journal_write_segment(c->broker, segment);
	note_event(c, WIRE_EVENT_CREATED, segment);
	hold(c, segment, access);
	return STATUS_OK;
}

/* Sets owner, rights and lifetime: as the client wants, within what the policy allows. */
static enum status shape(const struct context *c, const struct name_rule *rule,
	struct segment *segment)
{
	const struct wire_open *open = &c->request->open;
	enum status status = rights_take(&segment->rights, open->mode & 0777, c->request->entries,
		c->request->entry_count);

	segment->rights.uid = c->peer->credentials.uid;
	segment->rights.gid = c->peer->credentials.gid;
	segment->lifetime = open->lifetime == WIRE_LIFETIME_DEFAULT ? WIRE_LIFETIME_KEPT
								    : open->lifetime;
	segment->linger = open->linger;
	if (status != STATUS_OK || !rule)
		return status;
	return policy_shape(rule, &segment->rights, &segment->lifetime, &segment->linger);
}

/* Huge pages help only once they are there, so a segment that wants them is preallocated, too. */
static bool is_to_be_filled(
	const struct context *c, const struct name_rule *rule, const struct segment *segment)
{
	const uint32_t flags = c->request->open.flags;

	if (flags & WIRE_OPEN_NO_PREALLOCATE)
		return false;
	return (flags & WIRE_OPEN_PREALLOCATE) || segment->huge ||
	       policy_preallocates(&c->broker->policy, rule, segment->size);
}

/*
 * Whether the user may have that many bytes. This is checked before memory of huge pages is made,
 * since making it reserves pages of the host's pool.
 */
static bool may_have(const struct context *c, uint64_t bytes)
{
	struct charge charge = {0};
	struct refusal why;
	const enum status status =
		charge_init(&charge, c->peer->account, RESOURCE_BYTES, bytes, &why);

	charge_deinit(&charge);
	return status == STATUS_OK;
}

/* Makes a segment that has no charges, rights and lifetime yet. */
static enum status make_segment(const struct context *c, const char *name, size_t name_length,
	uint64_t size, bool huge, struct segment **outp)
{
	const int error = segment_new(name, name_length, size, huge, outp);

	return error < 0 ? reply_fail(c->reply, error) : STATUS_OK;
}

static enum status create_named(const struct context *c)
{
	const struct wire_request *request = c->request;
	const struct name_rule *decider;
	const struct name_rule *rule = rule_of_name(c, &decider);
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	enum status status = check_size(c, request->open.size);

	if (!policy_may_create(&c->broker->policy, decider, &c->peer->credentials, request->name,
		    request->name_length))
		return STATUS_REFUSED;
	if (status != STATUS_OK)
		return status;
	if (request->open.lifetime > WIRE_LIFETIME_UNTIL_UNUSED)
		return STATUS_BAD_RIGHTS;
	status = make_segment(c, request->name, request->name_length, request->open.size,
		((request->open.flags & WIRE_OPEN_HUGE) ||
			policy_gives_huge_pages(&c->broker->policy, rule)) &&
			may_have(c, request->open.size),
		&segment);
	if (status == STATUS_OK)
		status = shape(c, rule, segment);
	if (status == STATUS_OK)
		status = admit(c, segment,
			access_on(c, segment, request->open.flags & WIRE_OPEN_READONLY),
			is_to_be_filled(c, rule, segment));
	if (status == STATUS_OK)
		segment = NULL;
	return status;
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

enum status op_anonymous(const struct context *c)
{
	const struct wire_anonymous *anonymous = &c->request->anonymous;
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	enum status status = check_size(c, anonymous->size);

	if (status == STATUS_OK)
		status = make_segment(c, "", 0, anonymous->size, false, &segment);
	if (status != STATUS_OK)
		return status;
	segment->rights = (struct rights){
		.uid = c->peer->credentials.uid,
		.gid = c->peer->credentials.gid,
		.mode = anonymous->readonly ? 0400 : 0600,
	};
	segment->lifetime = WIRE_LIFETIME_UNTIL_UNUSED;
	/*
	 * Preallocating costs as much as the first write to all of it. The creator will do that
	 * write itself, so an anonymous segment is preallocated only where the policy says: always.
	 */
	status = admit(c, segment, access_on(c, segment, false),
		c->broker->policy.memory.preallocate == PREALLOCATE_ALWAYS);
	if (status == STATUS_OK)
		segment = NULL;
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

/* The descriptor that came with the handle, once more: the client has closed it. */
static enum status reopen_handle(const struct context *c, uint64_t handle)
{
	const struct holder *holder =
		handle <= UINT32_MAX ? peer_find(c->peer, (uint32_t)handle) : NULL;

	if (!holder || !(holder->access & WIRE_READ))
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
	struct segment *segment =
		registry_find_number(&c->broker->registry, wanted);

	if (wanted & WIRE_REOPEN_HANDLE)
		return reopen_handle(c, wanted & ~WIRE_REOPEN_HANDLE);
	/*
	 * The same status for each reason: numbers are easy to guess, and must not tell what
	 * exists.
	 */
	if (!segment || segment->anonymous || !(rights_on(c, segment) & WIRE_READ))
		return STATUS_NOT_FOUND;
	return choose_fd(segment, WIRE_READ, c->reply);
}
