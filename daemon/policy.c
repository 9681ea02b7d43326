/* SPDX-License-Identifier: MIT */
/* The name policy and the limits: which rule fits, and what it says. */
#include "daemon/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void policy_init(struct policy *policy)
{
	*policy = (struct policy){.observers = POLICY_UNSET, .segment_bytes = LIMIT_UNSET};
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

/*
 * The most components first; among equals '%' sorts after letters by hand: %u is the weaker one. No
 * other '%' is in a prefix.
 */
static int compare_rules(const void *left, const void *right)
{
	const struct name_rule *a = left;
	const struct name_rule *b = right;
	size_t same = 0;

	if (a->parts != b->parts)
		return a->parts > b->parts ? -1 : 1;
	while (a->prefix[same] && a->prefix[same] == b->prefix[same])
		same++;
	if ((a->prefix[same] == '%') != (b->prefix[same] == '%'))
		return a->prefix[same] == '%' ? 1 : -1;
	return strcmp(a->prefix + same, b->prefix + same);
}

void policy_sort(struct policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *prefix = policy->rules[i].prefix;

		policy->rules[i].parts = 0;
		for (; prefix[0] && prefix[1]; prefix++)
			policy->rules[i].parts += prefix[0] == '/';
	}
	if (policy->rule_count > 0)
		qsort(policy->rules, policy->rule_count, sizeof(*policy->rules), compare_rules);
}

/*
 * Whether the prefix covers the name; *own is then the component that stands for "%u", or NULL. Both
 * begin with a slash and are in normal form, so that they can be walked side by side.
 */
static bool covers(const struct name_rule *rule, const char *name, size_t length, const char **own,
	size_t *own_length)
{
	const char *end = name + length;
	const char *prefix = rule->prefix;

	*own = NULL;
	if (strcmp(prefix, "/") == 0)
		return true;
	while (*prefix) {
		if (prefix[0] == '%' && prefix[1] == 'u') {
			const char *slash = memchr(name, '/', (size_t)(end - name));

			*own = name;
			*own_length = (size_t)((slash ? slash : end) - name);
			name += *own_length;
			prefix += 2;
		} else if (name < end && *name == *prefix) {
			name++;
			prefix++;
		} else {
			return false;
		}
	}
	return name == end || *name == '/';
}

const struct name_rule *policy_find(const struct policy *policy, const char *name, size_t length)
{
	const char *own;
	size_t own_length;

	for (size_t i = 0; i < policy->rule_count; i++) {
		if (covers(&policy->rules[i], name, length, &own, &own_length))
			return &policy->rules[i];
	}
	return NULL;
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

const struct name_rule *policy_decider(const struct policy *policy, const struct name_rule *rule,
	const char *name, size_t length)
{
	const struct name_rule *end = rule ? policy->rules + policy->rule_count : NULL;
	const char *own;
	size_t own_length;

	for (; rule && rule < end; rule++) {
		if (covers(rule, name, length, &own, &own_length) && (own || rule->restricted))
			return rule;
	}
	return NULL;
}

bool policy_may_create(const struct policy *policy, const struct name_rule *rule,
	const struct credentials *who, const char *name, size_t length)
{
	const char *own;
	size_t own_length;

	if (who->unmapped)
		return false; /* all such users look the same, and would own each other's segments */
	rule = policy_decider(policy, rule, name, length);
	if (!rule || who->uid == 0)
		return true;
	if (covers(rule, name, length, &own, &own_length) && own &&
		!is_own(policy, who, own, own_length))
		return false;
	return !rule->restricted || is_listed(rule, who);
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
	entries = reallocarray(rights->entries, rights->entry_count + rule->entry_count,
		sizeof(*entries));
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

enum status policy_shape(const struct name_rule *rule, struct rights *rights, uint32_t *lifetime,
	uint32_t *linger)
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

/* The larger of two, where "not said" is less than anything. */
static uint64_t larger(uint64_t a, uint64_t b)
{
	if (a == LIMIT_UNSET || b == LIMIT_UNSET)
		return a == LIMIT_UNSET ? b : a;
	return a > b ? a : b;
}

/* The user's own limit or the largest of their groups'; LIMIT_UNSET: what is for all counts. */
static uint64_t own_limit(
	const struct policy *policy, const struct credentials *who, enum resource resource)
{
	uint64_t of_groups = LIMIT_UNSET;

	for (size_t i = 0; i < policy->limit_rule_count; i++) {
		const struct limit_rule *rule = &policy->limit_rules[i];
		uint64_t limit = rule->limit[resource];

		if (!rule->is_group && rule->id == who->uid && limit != LIMIT_UNSET)
			return limit;
		if (rule->is_group && credentials_have_group(who, rule->id))
			of_groups = larger(of_groups, limit);
	}
	return of_groups;
}

void policy_apply_limits(
	const struct policy *policy, const struct credentials *who, struct account *account)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		uint64_t own = own_limit(policy, who, (enum resource)i);

		account->has_own[i] = own != LIMIT_UNSET && own != LIMIT_SHARE;
		account->limit[i] = own != LIMIT_UNSET ? own : policy->user[i];
	}
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
