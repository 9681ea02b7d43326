/* SPDX-License-Identifier: MIT */
/*
 * DELETE, RENAME, SET_RIGHTS, SET_OWNER and CHANGE: these change segments. Processes that have one
 * mapped notice nothing.
 */
#include <stdlib.h>

#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/watched.h"

#define UNCHANGED UINT32_MAX

static void take_name(const struct context *c, struct segment *segment)
{
	park_sweep(c->broker, segment);
	journal_write_unname(c->broker, segment);
	note_event(c, WIRE_EVENT_DELETED, segment);
	registry_remove_name(&c->broker->registry, segment);
	peer_pin_unnamed(segment);
}

void remove_name(const struct context *c, struct segment *segment)
{
	take_name(c, segment);
	/*
	 * Why the rings are drained here, not by the table in ops.h: from now on, the segment goes
	 * with its last holder. So the holders are told to close by message only after the name has
	 * gone. What they closed in their rings before they were told is drained after that.
	 */
	broker_drain_holders(c->broker, segment);
}

/* As NSPR: a client that may read and write gets EPERM, any other client EACCES. */
static enum status may_delete(const struct context *c, const struct segment *segment)
{
	const unsigned int rights = rights_on(c, segment);

	if (rights & WIRE_DELETE)
		return STATUS_OK;
	return rights & WIRE_WRITE ? STATUS_NOT_OWNER : STATUS_DENIED;
}

enum status op_delete(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status == STATUS_OK)
		status = may_delete(c, segment);
	if (status == STATUS_OK)
		remove_name(c, segment);
	return status;
}

static void tell_change(const struct context *c, struct segment *segment)
{
	journal_write_segment(c->broker, segment);
	note_event(c, WIRE_EVENT_RIGHTS, segment);
	watched_look_again(c->broker, segment);
}

enum status op_set_rights(const struct context *c)
{
	const struct name_rule *rule;
	struct rights rights;
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status != STATUS_OK)
		return status;
	if (!(rights_on(c, segment) & WIRE_MANAGE))
		return STATUS_DENIED;
	rights = segment->rights;
	status = rights_take(
		&rights, c->request->set_rights.mode, c->request->entries, c->request->entry_count);
	if (status != STATUS_OK)
		return status;
	rule = rule_of_name(c, NULL);
	if (rule && c->peer->credentials.uid != 0)
		rights_limit(&rights, rule->max_mode);
	status = segment_charge_text(
		segment, segment->name_length, rights.entry_count, &c->reply->refusal);
	if (status != STATUS_OK) {
		rights_deinit(&rights);
		return status;
	}
	park_sweep(c->broker, segment);
	rights_deinit(&segment->rights);
	segment->rights = rights;
	tell_change(c, segment);
	return STATUS_OK;
}

/* A name from the tail of RENAME. */
struct name {
	const char *at;
	size_t length;
};

/* Whether the client may give that name to a segment, and take it from the one that has it. */
static enum status may_have_name(
	const struct context *c, const struct name *name, const struct segment *target)
{
	const struct policy *policy = &c->broker->policy;
	const struct name_rule *decider;

	policy_find(policy, name->at, name->length, &decider);
	if (!policy_may_create(policy, decider, &c->peer->credentials, name->at, name->length))
		return STATUS_REFUSED;
	if (target && (c->request->rename.flags & WIRE_RENAME_KEEP))
		return STATUS_EXISTS;
	return target ? may_delete(c, target) : STATUS_OK;
}

/* Watchers are told what they would be told if the segment went, and another one came. */
static void change_name(const struct context *c, struct segment *segment, char *own, size_t length)
{
	park_sweep(c->broker, segment);
	note_event(c, WIRE_EVENT_DELETED, segment);
	registry_rename(&c->broker->registry, segment, own, length);
	journal_write_segment(c->broker, segment);
	note_event(c, WIRE_EVENT_CREATED, segment);
	watched_look_again(c->broker, segment);
}

static enum status rename_segment(
	const struct context *c, const struct name *from, const struct name *to)
{
	struct registry *registry = &c->broker->registry;
	struct segment *segment = registry_find(registry, from->at, from->length);
	struct segment *target = registry_find(registry, to->at, to->length);
	enum status status = segment ? may_delete(c, segment) : STATUS_NOT_FOUND;
	char *own;

	if (status == STATUS_OK)
		status = may_have_name(c, to, target);
	if (status != STATUS_OK || target == segment)
		return status;
	own = segment_copy_name(to->at, to->length);
	status = own ? segment_charge_text(segment, (uint32_t)to->length,
			       segment->rights.entry_count, &c->reply->refusal)
		     : STATUS_NO_MEMORY;
	if (status != STATUS_OK) {
		free(own);
		return status;
	}
	if (target)
		take_name(c, target);
	change_name(c, segment, own, to->length);
	/* Only now, for what is drained may be the last close of the segment that was renamed. */
	if (target)
		broker_drain_holders(c->broker, target);
	return STATUS_OK;
}

enum status op_rename(const struct context *c)
{
	const struct wire_request *request = c->request;
	const struct name from = {request->name, request->rename.name_length};
	enum status status = from.length <= request->name_length
				     ? wire_check_name(from.at, from.length)
				     : STATUS_BAD_NAME;
	struct name to;

	if (status != STATUS_OK)
		return status;
	to = (struct name){from.at + from.length, request->name_length - from.length};
	status = wire_check_name(to.at, to.length);
	return status == STATUS_OK ? rename_segment(c, &from, &to) : status;
}

/* The policy's rule for the segment's name, or NULL. */
static const struct name_rule *rule_of_segment(
	const struct context *c, const struct segment *segment)
{
	return policy_find(&c->broker->policy, segment->name, segment->name_length, NULL);
}

/* If the policy says which group a segment has, the owner cannot choose another group. */
static bool is_forced(const struct context *c, const struct segment *segment, gid_t gid)
{
	const struct name_rule *rule = rule_of_segment(c, segment);

	return rule && rule->group != POLICY_UNSET && rule->group != gid;
}

/*
 * As chown(2): only root may change the owner, since the new owner pays. An owner may choose any
 * group that the owner is in.
 */
static enum status may_set_owner(
	const struct context *c, const struct segment *segment, uint32_t uid, uint32_t gid)
{
	const struct credentials *who = &c->peer->credentials;

	if (who->uid == 0 && !who->unmapped)
		return STATUS_OK;
	if (!(rights_on(c, segment) & WIRE_MANAGE))
		return STATUS_DENIED;
	if (uid != UNCHANGED && uid != segment->rights.uid)
		return STATUS_NOT_OWNER;
	if (gid == UNCHANGED || gid == segment->rights.gid)
		return STATUS_OK;
	if (!credentials_have_group(who, gid))
		return STATUS_NOT_OWNER;
	return is_forced(c, segment, gid) ? STATUS_REFUSED : STATUS_OK;
}

static enum status charge_new_owner(const struct context *c, struct segment *segment, uid_t uid)
{
	struct account *account = account_get(&c->broker->accounts, uid);
	enum status status;

	if (!account)
		return STATUS_NO_MEMORY;
	policy_apply_limits_absent(&c->broker->policy, account);
	status = segment_move_charges(segment, account, &c->reply->refusal);
	account_unref(account);
	return status;
}

static enum status set_owner(
	const struct context *c, struct segment *segment, uint32_t uid, uint32_t gid)
{
	enum status status = may_set_owner(c, segment, uid, gid);

	if (status == STATUS_OK && uid != UNCHANGED && uid != segment->rights.uid)
		status = charge_new_owner(c, segment, uid);
	if (status != STATUS_OK)
		return status;
	park_sweep(c->broker, segment);
	if (uid != UNCHANGED)
		segment->rights.uid = uid;
	if (gid != UNCHANGED)
		segment->rights.gid = gid;
	return STATUS_OK;
}

enum status op_set_owner(const struct context *c)
{
	const struct wire_set_owner *wanted = &c->request->set_owner;
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status == STATUS_OK)
		status = set_owner(c, segment, wanted->uid, wanted->gid);
	if (status == STATUS_OK)
		tell_change(c, segment);
	return status;
}

/*
 * By the handle, for segments that have lost their name, too. The mode is checked before the owner
 * changes.
 */
enum status op_change(const struct context *c)
{
	const struct wire_change *wanted = &c->request->change;
	const struct holder *holder = peer_find(c->peer, wanted->handle);
	const bool has_mode = wanted->mode != UNCHANGED;
	const struct name_rule *rule;
	struct segment *segment;
	enum status status;

	if (!holder || holder->segment->anonymous)
		return STATUS_NOT_FOUND;
	segment = holder->segment;
	rule = rule_of_segment(c, segment);
	if (has_mode && wanted->mode > 0777)
		return STATUS_BAD_RIGHTS;
	if (has_mode && !(rights_on(c, segment) & WIRE_MANAGE))
		return STATUS_DENIED;
	status = set_owner(c, segment, wanted->uid, wanted->gid);
	if (status != STATUS_OK)
		return status;
	if (has_mode)
		segment->rights.mode =
			wanted->mode &
			(rule && c->peer->credentials.uid != 0 ? rule->max_mode : 0777U);
	tell_change(c, segment);
	return STATUS_OK;
}
