/* SPDX-License-Identifier: MIT */
/* EXPLAIN: whether a user has a right, and which rule decides that. It changes nothing. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/segment-charges.h"

#define GROUPS_MAX (WIRE_MESSAGE_MAX / WIRE_SIZE_entry)

/* The user whose rights are explained: the client's own user, or, for an observer, any user. */
struct subject {
	struct credentials who;  /* borrows its groups */
	struct account *account; /* a reference; NULL unless the request is about CREATE */
	gid_t groups[GROUPS_MAX];
};

static const char *right_name(uint32_t right)
{
	switch (right) {
	case WIRE_READ:
		return "read";
	case WIRE_WRITE:
		return "write";
	case WIRE_DELETE:
		return "delete";
	case WIRE_MANAGE:
		return "manage";
	case WIRE_CREATE:
		return "create";
	default:
		return NULL;
	}
}

static const char *rule_text(enum rights_rule rule)
{
	switch (rule) {
	case RIGHTS_ROOT:
		return "rule 1: root may all";
	case RIGHTS_OWNER:
		return "rule 2: the owner has the owner's bits of the mode, delete and manage";
	case RIGHTS_USER_ENTRY:
		return "rule 3: the entry for this user";
	case RIGHTS_GROUPS:
		return "rule 4: the group's bits of the mode and the entries for the user's groups";
	case RIGHTS_OTHER:
		return "rule 5: the bits of the mode for others";
	}
	return "";
}

/* Tells owner and rights only to a client that may see the segment by STAT, too. */
static int explain_segment(const struct context *c, const struct subject *subject,
	const struct segment *segment, bool *allowed)
{
	const uint32_t right = c->request->explain.right;
	const struct rights *rights = &segment->rights;
	char *text = (char *)c->reply->tail;
	const size_t size = sizeof(c->reply->tail);
	enum rights_rule rule;
	const char *answer;

	*allowed = rights_of(&subject->who, rights, &rule) & right;
	answer = *allowed ? "allowed" : "denied";
	if (!is_visible(c, segment))
		return snprintf(
			text, size, "%s %s by %s", right_name(right), answer, rule_text(rule));
	return snprintf(text, size, "%s %s by %s (owner %u, group %u, mode %04o, %u %s)",
		right_name(right), answer, rule_text(rule), (unsigned int)rights->uid,
		(unsigned int)rights->gid, (unsigned int)rights->mode, rights->entry_count,
		rights->entry_count == 1 ? "entry" : "entries");
}

/*
 * Whether the limits allow the user a segment of the smallest size. What an open would
 * release first does not count.
 */
static bool is_affordable(
	struct broker *broker, struct account *account, uint32_t name_length, struct refusal *why)
{
	const uint64_t least = (uint64_t)sysconf(_SC_PAGESIZE) + segment_text_bytes(name_length, 0);
	const struct {
		enum resource resource;
		uint64_t amount;
	} needed[] = {{RESOURCE_SEGMENTS, 1}, {RESOURCE_BYTES, least}, {RESOURCE_HANDLES, 1}};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		const enum status status =
			charge_check(account, needed[i].resource, needed[i].amount, why);

		if (status != STATUS_OK && !(needed[i].resource == RESOURCE_HANDLES &&
						   park_can_release(broker, account, why)))
			return false;
	}
	return true;
}

/* Whether the user may create the name: first by the policy, then by the user's limits. */
static int explain_create(const struct context *c, const struct subject *subject, bool *allowed)
{
	const struct wire_request *request = c->request;
	const struct name_rule *decider;
	const struct name_rule *rule = rule_of_name(c, &decider);
	struct refusal why = {0};
	char *text = (char *)c->reply->tail;
	const size_t size = sizeof(c->reply->tail);

	*allowed = policy_may_create(
		&c->broker->policy, decider, &subject->who, request->name, request->name_length);
	if (subject->who.unmapped)
		return snprintf(text, size, "create denied: this user has no number here");
	if (!*allowed)
		return snprintf(text, size, "create denied by %s:%u: [name %s]", decider->file,
			decider->line, decider->prefix);
	*allowed = is_affordable(c->broker, subject->account, (uint32_t)request->name_length, &why);
	if (!*allowed)
		return snprintf(text, size, "create denied by a limit: %ju %s (%s)",
			(uintmax_t)why.limit, resource_unit(why.resource, why.limit),
			refusal_key(&why));
	if (!rule)
		return snprintf(text, size, "create allowed: no rule is about this name");
	return snprintf(text, size, "create allowed by %s:%u: [name %s]", rule->file, rule->line,
		rule->prefix);
}

/* The entries are a user, the user's group, then the user's supplementary groups. */
static enum status read_subject(const struct wire_request *request, struct subject *out)
{
	if (request->entry_count < 2 || request->entry_count > GROUPS_MAX)
		return STATUS_BAD_RIGHTS;
	out->who = (struct credentials){.groups = out->groups};
	for (size_t i = 0; i < request->entry_count; i++) {
		struct wire_entry entry;

		wire_get_right(request->entries, i, &entry);
		if (entry.kind != (i == 0 ? WIRE_ENTRY_USER : WIRE_ENTRY_GROUP) ||
			entry.id == UINT32_MAX)
			return STATUS_BAD_RIGHTS;
		if (i == 0)
			out->who.uid = entry.id;
		else if (i == 1)
			out->who.gid = entry.id;
		else
			out->groups[out->who.group_count++] = entry.id;
	}
	credentials_sort_groups(&out->who);
	return STATUS_OK;
}

/*
 * Limits depend on the groups of the user's connections; without any, on the groups in the request.
 */
static enum status find_account(const struct context *c, struct subject *subject)
{
	struct account *account = account_get(&c->broker->accounts, subject->who.uid);

	if (!account)
		return STATUS_NO_MEMORY;
	if (account->used[RESOURCE_CONNECTIONS] == 0)
		policy_apply_limits(&c->broker->policy, &subject->who, account);
	subject->account = account;
	return STATUS_OK;
}

static enum status take_subject(const struct context *c, struct subject *out)
{
	enum status status = STATUS_OK;

	out->account = NULL;
	out->who = c->peer->credentials;
	if (c->request->entry_count > 0)
		status = is_observer(c) ? read_subject(c->request, out) : STATUS_DENIED;
	if (status == STATUS_OK && !right_name(c->request->explain.right))
		status = STATUS_BAD_RIGHTS;
	return status;
}

static enum status explain(const struct context *c, struct subject *subject)
{
	const bool creates = c->request->explain.right == WIRE_CREATE;
	struct segment *segment = NULL;
	enum status status = find_named(c, &segment);
	bool allowed;
	int length;

	if (status == STATUS_NOT_FOUND && creates)
		status = STATUS_OK;
	if (status == STATUS_OK && creates)
		status = find_account(c, subject);
	if (status != STATUS_OK)
		return status;
	length = creates ? explain_create(c, subject, &allowed)
			 : explain_segment(c, subject, segment, &allowed);
	c->reply->wire.explained = (struct wire_explained){.allowed = allowed};
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = (size_t)length < 1024 ? (size_t)length : 1024;
	return STATUS_OK;
}

enum status op_explain(const struct context *c)
{
	struct subject subject;
	enum status status = take_subject(c, &subject);

	if (status == STATUS_OK)
		status = explain(c, &subject);
	account_unref(subject.account);
	return status;
}
