/* SPDX-License-Identifier: MIT */
/* Look-ups for the ops: the segment that a request names, and what the peer may do and see. */
#include "daemon/core/request.h"

enum status find_named(const struct context *c, struct segment **out)
{
	enum status status = wire_check_name(c->request->name, c->request->name_length);
	struct segment *segment;

	if (status != STATUS_OK)
		return status;
	segment = registry_find(&c->broker->registry, c->request->name, c->request->name_length);
	if (!segment)
		return STATUS_NOT_FOUND;
	*out = segment;
	return STATUS_OK;
}

unsigned int rights_on(const struct context *c, const struct segment *segment)
{
	return rights_of(&c->peer->credentials, &segment->rights, NULL);
}

const struct name_rule *rule_of_name(const struct context *c, const struct name_rule **decider)
{
	return policy_find(&c->broker->policy, c->request->name, c->request->name_length, decider);
}

bool is_observer(const struct context *c)
{
	return policy_may_observe(&c->broker->policy, &c->peer->credentials);
}

bool broker_shows(
	const struct broker *broker, const struct credentials *who, const struct rights *rights)
{
	return policy_may_observe(&broker->policy, who) ||
	       (rights_of(who, rights, NULL) & (WIRE_READ | WIRE_DELETE | WIRE_MANAGE));
}

bool is_visible(const struct context *c, const struct segment *segment)
{
	return broker_shows(c->broker, &c->peer->credentials, &segment->rights);
}

void count_refused(const struct context *c, enum status status)
{
	struct counters *counters = &c->broker->counters;

	if (status == STATUS_DENIED || status == STATUS_NOT_OWNER || status == STATUS_REFUSED)
		counters->denials++;
	if (status == STATUS_NO_RESOURCES && c->reply->refusal.kind != REFUSED_NOT)
		counters->refusals[c->reply->refusal.resource]++;
}
