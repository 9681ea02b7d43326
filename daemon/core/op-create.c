/* SPDX-License-Identifier: MIT */
/* Creates segments, for OPEN and ANONYMOUS. */
#include "daemon/core/op-create.h"

#include "daemon/core/hold.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/succession.h"

static enum status check_size(const struct context *c, uint64_t size)
{
	if (size == 0)
		return STATUS_BAD_SIZE;
	return size > c->broker->policy.segment_bytes ? STATUS_TOO_BIG : STATUS_OK;
}

/*
 * The last steps of every creation. First come those that may fail, then those that cannot: the
 * registry and the hold. A client that may not write is not told to preallocate: fallocate(2) needs
 * a descriptor that can write. replaced: the segment whose name the new one gets, or NULL.
 */
static enum status admit(const struct context *c, struct segment *segment, unsigned int access,
	bool fill, struct segment *replaced)
{
	enum status status = segment_charge(segment, c->peer->account, &c->reply->refusal);

	if (fill && (access & WIRE_WRITE))
		access |= WIRE_FILL;
	segment->created = c->broker->registry.now;
	if (status == STATUS_OK)
		status = reserve_handle(c);
	if (status != STATUS_OK)
		return status;
	status = choose_fd(segment, access, c->reply);
	if (status != STATUS_OK)
		return status;
	if (replaced)
		remove_name(c, replaced);
	registry_add(&c->broker->registry, segment);
	c->broker->counters.creations++;
	succession_put_segment(c->broker, segment);
	journal_write_segment(c->broker, segment);
	if (segment->sealing != SEALED)
		journal_write_size(c->broker, segment);
	note_event(c, WIRE_EVENT_CREATED, segment);
	take_hold(c, segment, access);
	return STATUS_OK;
}

/* Sets owner, rights and lifetime: as the client wants, within what the policy allows. */
static enum status shape(
	const struct context *c, const struct name_rule *rule, struct segment *segment)
{
	const struct wire_open *open = &c->request->open;
	enum status status = rights_take(
		&segment->rights, open->mode & 0777, c->request->entries, c->request->entry_count);

	segment->rights.uid = c->peer->credentials.uid;
	segment->rights.gid = c->peer->credentials.gid;
	segment->lifetime =
		open->lifetime == WIRE_LIFETIME_DEFAULT ? WIRE_LIFETIME_KEPT : open->lifetime;
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
	struct refusal why;

	return charge_check(c->peer->account, RESOURCE_BYTES, bytes, &why) == STATUS_OK;
}

/* Makes a segment that has no charges, rights and lifetime yet. */
static enum status make_segment(const struct context *c, const char *name, size_t name_length,
	uint64_t size, bool huge, struct segment **outp)
{
	const int error = segment_new(name, name_length, size, huge, outp);

	return error < 0 ? reply_fail(c->reply, error) : STATUS_OK;
}

/* The creator gets the access that it asks for, whatever the mode says of it. */
static unsigned int access_of_creator(const struct context *c, const struct segment *segment)
{
	const uint32_t flags = c->request->open.flags;

	if (!(flags & WIRE_OPEN_POSIX))
		return access_on(c, segment, flags & WIRE_OPEN_READONLY);
	return WIRE_READ | WIRE_FILL | WIRE_OWN | (flags & WIRE_OPEN_READONLY ? 0U : WIRE_WRITE);
}

enum status replace_memory(const struct context *c, struct segment *old)
{
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	enum status status = make_segment(c, old->name, old->name_length, 0, false, &segment);

	if (status == STATUS_OK)
		status = rights_copy(&segment->rights, &old->rights);
	if (status != STATUS_OK)
		return status;
	segment->lifetime = old->lifetime;
	segment->linger = old->linger;
	status = admit(c, segment, access_of_creator(c, segment), false, old);
	if (status == STATUS_OK)
		segment = NULL;
	return status;
}

enum status create_named(const struct context *c)
{
	const struct wire_request *request = c->request;
	const struct name_rule *decider;
	const struct name_rule *rule = rule_of_name(c, &decider);
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	const bool posix = request->open.flags & WIRE_OPEN_POSIX;
	const uint64_t size = posix ? 0 : request->open.size;
	enum status status = posix ? STATUS_OK : check_size(c, size);

	if (!policy_may_create(&c->broker->policy, decider, &c->peer->credentials, request->name,
		    request->name_length))
		return STATUS_REFUSED;
	if (status != STATUS_OK)
		return status;
	if (request->open.lifetime > WIRE_LIFETIME_UNTIL_UNUSED)
		return STATUS_BAD_RIGHTS;
	status = make_segment(c, request->name, request->name_length, size,
		((request->open.flags & WIRE_OPEN_HUGE) ||
			policy_gives_huge_pages(&c->broker->policy, rule)) &&
			!posix && may_have(c, size),
		&segment);
	if (status == STATUS_OK)
		status = shape(c, rule, segment);
	if (status == STATUS_OK)
		status = admit(c, segment, access_of_creator(c, segment),
			!posix && is_to_be_filled(c, rule, segment), NULL);
	if (status == STATUS_OK)
		segment = NULL;
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
		c->broker->policy.memory.preallocate == PREALLOCATE_ALWAYS, NULL);
	if (status == STATUS_OK)
		segment = NULL;
	return status;
}
