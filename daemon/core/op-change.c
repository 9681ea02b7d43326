/* SPDX-License-Identifier: MIT */
/*
 * DELETE, SET_RIGHTS, SET_OWNER and CHANGE: these change segments. Processes that have one mapped notice
 * nothing.
 */
#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/watched.h"

#define UNCHANGED UINT32_MAX

void remove_name(const struct context *c, struct segment *segment)
{
	park_sweep(c->broker, segment);
	journal_write_unname(c->broker, segment);
	note_event(c, WIRE_EVENT_DELETED, segment);
	registry_remove_name(&c->broker->registry, segment);
	peer_pin_unnamed(segment);
	/*
	 * Why the rings are drained here, not by the table in ops.h: from now on, the segment goes
	 * with its last holder. So the holders are told to close by message only after the name has
	 * gone. What they closed in their rings before they were told is drained after that.
	 */
	broker_drain_holders(c->broker, segment);
}

enum status op_delete(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);
	unsigned int rights;

	if (status != STATUS_OK)
		return status;
	rights = rights_on(c, segment);
	if (!(rights & WIRE_DELETE)) {
		/* As NSPR: a client that may read and write gets EPERM, any other client EACCES. */
		return rights & WIRE_WRITE ? STATUS_NOT_OWNER : STATUS_DENIED;
	}
	remove_name(c, segment);
	return STATUS_OK;
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
	status = rights_take(&rights, c->request->set_rights.mode, c->request->entries,
		c->request->entry_count);
	if (status != STATUS_OK)
		return status;
	rule = rule_of_name(c, NULL);
	if (rule && c->peer->credentials.uid != 0)
		rights_limit(&rights, rule->max_mode);
	status = segment_charge_entries(segment, rights.entry_count, &c->reply->refusal);
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
	const struct credentials owner = {.uid = uid, .gid = (gid_t)-1};
	struct account *account = account_get(&c->broker->accounts, uid);
	enum status status;

	if (!account)
		return STATUS_NO_MEMORY;
	if (account->used[RESOURCE_CONNECTIONS] == 0) /* no connection tells the owner's groups */
		policy_apply_limits(&c->broker->policy, &owner, account);
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

/* By the handle, for segments that have lost their name, too. The mode is checked before the owner changes. */
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
		segment->rights.mode = wanted->mode &
			(rule && c->peer->credentials.uid != 0 ? rule->max_mode : 0777U);
	tell_change(c, segment);
	return STATUS_OK;
}
