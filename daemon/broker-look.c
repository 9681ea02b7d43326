/* SPDX-License-Identifier: MIT */
/* Looking at segments without holding them: STAT, LIST and EXPLAIN. */
#include <stdio.h>
#include <string.h>

#include "daemon/request.h"

/* How many segments one LIST looks at, seen or not: no list may stall the other clients. */
#define LIST_SCAN_MAX 256

/* One's own and what one can read; of anything else not even the existence is told. */
static bool is_visible(const struct context *c, const struct segment *segment)
{
	if (!segment->named && !segment->anonymous)
		return false;
	return rights_on(c, segment) & (WIRE_READ | WIRE_DELETE | WIRE_MANAGE);
}

static struct wire_stated describe(const struct segment *segment)
{
	return (struct wire_stated){
		.segment = segment->number,
		.size = segment->size,
		.used = segment_used(segment),
		.created = segment->created,
		.opened = segment->opened,
		.uid = segment->rights.uid,
		.gid = segment->rights.gid,
		.mode = segment->rights.mode,
		.holders = segment->holder_count,
		.lifetime = segment->lifetime,
		.linger = segment->linger,
		.entry_count = segment->rights.entry_count,
		.name_length = (uint32_t)segment->name_length,
	};
}

enum status handle_STAT(const struct context *c)
{
	const struct rights *rights;
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status != STATUS_OK)
		return status;
	if (!is_visible(c, segment))
		return STATUS_NOT_FOUND;
	rights = &segment->rights;
	for (uint32_t i = 0; i < rights->entry_count; i++)
		wire_put_right(c->reply->tail, i, &rights->entries[i]);
	c->reply->wire.stated = describe(segment);
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = rights->entry_count * (size_t)WIRE_SIZE_entry;
	return STATUS_OK;
}

static bool has_prefix(const struct segment *segment, const struct wire_request *request)
{
	return segment->name_length >= request->name_length &&
	       memcmp(segment->name, request->name, request->name_length) == 0;
}

/* By number, not by name: the cursor of the next page then gives no name away. */
enum status handle_LIST(const struct context *c)
{
	const size_t room =
		WIRE_MESSAGE_MAX - (size_t)WIRE_SIZE_header - (size_t)WIRE_SIZE_listed;
	struct registry *registry = &c->broker->registry;
	struct wire_listed *listed = &c->reply->wire.listed;
	struct segment *segment = registry_next(registry, c->request->list.after);
	size_t used = 0;

	*listed = (struct wire_listed){.next = c->request->list.after};
	for (int scanned = 0; segment && scanned < LIST_SCAN_MAX; scanned++) {
		if (has_prefix(segment, c->request) && is_visible(c, segment)) {
			const struct wire_stated entry = describe(segment);

			if (!wire_put_entry(c->reply->tail, room, &used, &entry, segment->name))
				break;
			listed->count++;
		}
		listed->next = segment->number;
		segment = registry_next(registry, segment->number);
	}
	if (!segment)
		listed->next = 0;
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = used;
	return STATUS_OK;
}

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

/* Whose it is, and its rights, are for those who may look at it by STAT too. */
static int explain_segment(const struct context *c, const struct segment *segment, bool *allowed)
{
	const uint32_t right = c->request->explain.right;
	const struct rights *rights = &segment->rights;
	char *text = (char *)c->reply->tail;
	const size_t size = sizeof(c->reply->tail);
	enum rights_rule rule;
	const char *answer;

	*allowed = rights_of(&c->peer->credentials, rights, &rule) & right;
	answer = *allowed ? "allowed" : "denied";
	if (!is_visible(c, segment))
		return snprintf(
			text, size, "%s %s by %s", right_name(right), answer, rule_text(rule));
	return snprintf(text, size, "%s %s by %s (owner %u, group %u, mode %04o, %u entries)",
		right_name(right), answer, rule_text(rule), (unsigned int)rights->uid,
		(unsigned int)rights->gid, (unsigned int)rights->mode, rights->entry_count);
}

/* Whether the smallest segment would be within the user's limits; tried, and given back. */
static bool is_affordable(struct account *account, struct refusal *why)
{
	static const enum resource needed[] = {
		RESOURCE_SEGMENTS, RESOURCE_BYTES, RESOURCE_HANDLES};
	struct charge trial = {0};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (charge_init(&trial, account, needed[i], 1, why) != STATUS_OK)
			return false;
		charge_deinit(&trial);
	}
	return true;
}

/* Whether a name may be made: by the policy first, then by what the user has left. */
static int explain_create(const struct context *c, bool *allowed)
{
	const struct wire_request *request = c->request;
	const struct name_rule *rule = rule_of_name(c);
	struct refusal why = {0};
	char *text = (char *)c->reply->tail;
	const size_t size = sizeof(c->reply->tail);

	*allowed = policy_may_create(&c->broker->policy, rule, &c->peer->credentials,
		request->name, request->name_length);
	if (c->peer->credentials.unmapped)
		return snprintf(text, size, "create denied: this user has no number here");
	if (!*allowed)
		rule = policy_decider(&c->broker->policy, rule, request->name, request->name_length);
	if (!*allowed)
		return snprintf(text, size, "create denied by %s:%u: [name %s]", rule->file,
			rule->line, rule->prefix);
	*allowed = is_affordable(c->peer->account, &why);
	if (!*allowed)
		return snprintf(text, size, "create denied by a limit: %ju %s (%s)",
			(uintmax_t)why.limit, resource_unit(why.resource), refusal_key(&why));
	if (!rule)
		return snprintf(text, size, "create allowed: no rule is about this name");
	return snprintf(text, size, "create allowed by %s:%u: [name %s]", rule->file, rule->line,
		rule->prefix);
}

enum status handle_EXPLAIN(const struct context *c)
{
	struct segment *segment = NULL;
	enum status status = find_named(c, &segment);
	bool allowed;
	int length;

	if (!right_name(c->request->explain.right))
		return STATUS_BAD_RIGHTS;
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (c->request->explain.right == WIRE_CREATE)
		length = explain_create(c, &allowed);
	else if (status == STATUS_OK)
		length = explain_segment(c, segment, &allowed);
	else
		return STATUS_NOT_FOUND;
	c->reply->wire.explained = (struct wire_explained){.allowed = allowed};
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = (size_t)length < 1024 ? (size_t)length : 1024;
	return STATUS_OK;
}
