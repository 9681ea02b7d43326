/* SPDX-License-Identifier: MIT */
/* The name policy and the limits: what the rules say. */
#include "daemon/core/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void policy_init(struct policy *policy)
{
	*policy = (struct policy){
		.dynamic_linger = 10,
		.observers = POLICY_UNSET,
		.segment_bytes = LIMIT_UNSET,
		.memory = {PREALLOCATE_SMALL, HUGE_PAGES_NO},
	};
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		policy->host[i] = LIMIT_UNSET;
		policy->user[i] = LIMIT_SHARE;
	}
}

void policy_reset_rule(struct name_rule *rule)
{
	free(rule->prefix);
	free(rule->file);
	free(rule->users.ids);
	free(rule->groups.ids);
	free(rule->entries);
	*rule = (struct name_rule){
		.max_mode = 0777,
		.owner = POLICY_UNSET,
		.group = POLICY_UNSET,
		.lifetime = WIRE_LIFETIME_DEFAULT,
		.linger = POLICY_UNSET,
	};
}

void policy_deinit(struct policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		policy_reset_rule(&policy->rules[i]);
	for (size_t i = 0; i < policy->limit_rule_count; i++)
		free(policy->limit_rules[i].file);
	free(policy->rules);
	free(policy->limit_rules);
	free(policy->subuid_file);
	principals_deinit(&policy->principals);
	policy_init(policy);
}

struct name_rule *policy_add_rule(struct policy *policy)
{
	struct name_rule *rules =
		reallocarray(policy->rules, policy->rule_count + 1, sizeof(*rules));

	if (!rules)
		return NULL;
	policy->rules = rules;
	rules += policy->rule_count++;
	*rules = (struct name_rule){0};
	policy_reset_rule(rules);
	return rules;
}

void policy_reset_limit_rule(struct limit_rule *rule)
{
	free(rule->file);
	*rule = (struct limit_rule){0};
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		rule->limit[i] = LIMIT_UNSET;
}

struct limit_rule *policy_add_limit_rule(struct policy *policy)
{
	struct limit_rule *rules =
		reallocarray(policy->limit_rules, policy->limit_rule_count + 1, sizeof(*rules));

	if (!rules)
		return NULL;
	policy->limit_rules = rules;
	rules += policy->limit_rule_count++;
	*rules = (struct limit_rule){0};
	policy_reset_limit_rule(rules);
	return rules;
}

static bool is_listed(const struct name_rule *rule, const struct credentials *who)
{
	for (size_t i = 0; i < rule->users.count; i++) {
		if (rule->users.ids[i] == who->uid)
			return true;
	}
	for (size_t i = 0; i < rule->groups.count; i++) {
		if (credentials_have_group(who, rule->groups.ids[i]))
			return true;
	}
	return false;
}

static bool is_number(const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (part[i] < '0' || part[i] > '9')
			return false;
	}
	return true;
}

static bool is_own(
	const struct policy *policy, const struct credentials *who, const char *part, size_t length)
{
	char number[16];
	const char *name;
	int digits = snprintf(number, sizeof(number), "%u", (unsigned int)who->uid);

	if (length == (size_t)digits && memcmp(part, number, length) == 0)
		return true;
	/* Somebody whose name is a number must not get the place of the user of that number. */
	if (is_number(part, length) || !policy->user_name)
		return false;
	name = policy->user_name(who->uid);
	return name && strlen(name) == length && memcmp(part, name, length) == 0;
}

/* What a rule that covers the name has %u for: up to there, prefix and name are the same. */
static bool is_in_own_place(const struct policy *policy, const struct name_rule *rule,
	const struct credentials *who, const char *name, size_t length)
{
	const char *stand_in = strchr(rule->prefix, '%');
	const char *slash;
	size_t at;

	if (!stand_in)
		return true;
	at = (size_t)(stand_in - rule->prefix);
	slash = memchr(name + at, '/', length - at);
	return is_own(policy, who, name + at, slash ? (size_t)(slash - name) - at : length - at);
}

bool policy_may_create(const struct policy *policy, const struct name_rule *decider,
	const struct credentials *who, const char *name, size_t length)
{
	if (who->unmapped)
		/* all such users look the same, and would own each other's segments */
		return false;
	if (!decider || who->uid == 0)
		return true;
	return is_in_own_place(policy, decider, who, name, length) &&
	       (!decider->restricted || is_listed(decider, who));
}

/* Who has no number here looks like others who have none: they would all be observers. */
bool policy_may_observe(const struct policy *policy, const struct credentials *who)
{
	if (who->unmapped)
		return false;
	return who->uid == 0 || credentials_have_group(who, policy->observers);
}

/* The rule's entries are the administrator's: bounded by nothing, but no user is named twice. */
static enum status add_entries(const struct name_rule *rule, struct rights *rights)
{
	struct wire_entry *entries;

	if (rule->entry_count == 0)
		return STATUS_OK;
	if (rights->entry_count + rule->entry_count > WIRE_ENTRIES_MAX)
		return STATUS_BAD_RIGHTS;
	entries = reallocarray(
		rights->entries, rights->entry_count + rule->entry_count, sizeof(*entries));
	if (!entries)
		return STATUS_NO_MEMORY;
	rights->entries = entries;
	for (uint32_t i = 0; i < rule->entry_count; i++) {
		const struct wire_entry *entry = &rule->entries[i];

		if (!rights_find_entry(entries, rights->entry_count, entry->kind, entry->id))
			entries[rights->entry_count++] = *entry;
	}
	return STATUS_OK;
}

enum status policy_shape(
	const struct name_rule *rule, struct rights *rights, uint32_t *lifetime, uint32_t *linger)
{
	rights_limit(rights, rule->max_mode);
	if (rule->owner != POLICY_UNSET) {
		rights->uid = rule->owner;
		rights_limit_to_use(rights); /* else the creator would keep it by an entry */
	}
	if (rule->group != POLICY_UNSET)
		rights->gid = rule->group;
	if (rule->lifetime != WIRE_LIFETIME_DEFAULT) {
		*lifetime = rule->lifetime;
		*linger = 0; /* else a creator's own, up to 136 years, would undo until-unused */
	}
	if (rule->linger != POLICY_UNSET)
		*linger = rule->linger;
	return add_entries(rule, rights);
}

bool policy_preallocates(const struct policy *policy, const struct name_rule *rule, uint64_t size)
{
	enum preallocation when = policy->memory.preallocate;

	if (rule && rule->memory.preallocate != PREALLOCATE_UNSET)
		when = rule->memory.preallocate;
	return when == PREALLOCATE_ALWAYS ||
	       (when == PREALLOCATE_SMALL && size <= PREALLOCATE_SMALL_MAX);
}

bool policy_gives_huge_pages(const struct policy *policy, const struct name_rule *rule)
{
	enum huge_pages given = policy->memory.huge_pages;

	if (rule && rule->memory.huge_pages != HUGE_PAGES_UNSET)
		given = rule->memory.huge_pages;
	return given == HUGE_PAGES_YES;
}

/* The larger of two, where "not said" is less than anything. */
static uint64_t larger(uint64_t a, uint64_t b)
{
	if (a == LIMIT_UNSET || b == LIMIT_UNSET)
		return a == LIMIT_UNSET ? b : a;
	return a > b ? a : b;
}

/* LIMIT_UNSET: no rule names that uid. */
static uint64_t limit_of_user(const struct policy *policy, uint32_t uid, enum resource resource)
{
	for (size_t i = 0; i < policy->limit_rule_count; i++) {
		const struct limit_rule *rule = &policy->limit_rules[i];

		if (!rule->is_group && rule->id == uid && rule->limit[resource] != LIMIT_UNSET)
			return rule->limit[resource];
	}
	return LIMIT_UNSET;
}

/* The user's own limit or the largest of their groups'; LIMIT_UNSET: what is for all counts. */
static uint64_t own_limit(
	const struct policy *policy, const struct credentials *who, enum resource resource)
{
	const uint64_t limit = limit_of_user(policy, who->uid, resource);
	uint64_t of_groups = LIMIT_UNSET;

	for (size_t i = 0; limit == LIMIT_UNSET && i < policy->limit_rule_count; i++) {
		const struct limit_rule *rule = &policy->limit_rules[i];

		if (rule->is_group && credentials_have_group(who, rule->id))
			of_groups = larger(of_groups, rule->limit[resource]);
	}
	return limit == LIMIT_UNSET ? of_groups : limit;
}

static void set_limit(
	struct account *account, enum resource resource, uint64_t own, uint64_t others)
{
	account->has_own[resource] = own != LIMIT_UNSET && own != LIMIT_SHARE;
	account->limit[resource] = own != LIMIT_UNSET ? own : others;
}

/*
 * One that is connected itself has had its limits from its own credentials, which have groups as
 * well.
 */
static void apply_payer_limits(const struct policy *policy, struct account *payer)
{
	if (payer->used[RESOURCE_CONNECTIONS] > 0)
		return;
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		const uint64_t own = payer->id < PRINCIPAL_RANGE
					     ? limit_of_user(policy, payer->uid, (enum resource)i)
					     : LIMIT_UNSET;

		set_limit(payer, (enum resource)i, own, policy->user[i]);
	}
}

void policy_apply_limits(
	const struct policy *policy, const struct credentials *who, struct account *account)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		set_limit(account, (enum resource)i, own_limit(policy, who, (enum resource)i),
			account->principal ? LIMIT_SHARE : policy->user[i]);
	if (account->principal)
		apply_payer_limits(policy, account->principal);
}

void policy_apply_limits_absent(const struct policy *policy, struct account *account)
{
	const struct credentials who = {.uid = account->uid, .gid = (gid_t)-1};

	if (account->used[RESOURCE_CONNECTIONS] == 0)
		policy_apply_limits(policy, &who, account);
}

void policy_raise_limits(
	const struct policy *policy, const struct credentials *who, struct account *account)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		uint64_t own = own_limit(policy, who, (enum resource)i);

		if (own == LIMIT_UNSET)
			continue;
		account->limit[i] = account->has_own[i] ? larger(account->limit[i], own) : own;
		account->has_own[i] = own != LIMIT_SHARE;
	}
}
