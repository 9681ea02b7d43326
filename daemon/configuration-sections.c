/* SPDX-License-Identifier: MIT */
/* The configuration's sections and keys, and what each sets. */
#include "daemon/configuration-parser.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/configuration-values.h"
#include "daemon/subuid.h"

static const char *set_amount(struct parser *p, const char *value, size_t offset)
{
	return value_amount(value, (uint64_t *)((char *)p->policy + offset));
}

static const char *set_user_limit(struct parser *p, const char *value, size_t resource)
{
	uint64_t *limit = p->limits ? &p->limits->limit[resource] : &p->policy->user[resource];

	if (strcmp(value, "share") == 0) {
		*limit = LIMIT_SHARE;
		return NULL;
	}
	return value_amount(value, limit);
}

static const char *set_subuid(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return subuid_add(value, &p->policy->principals);
}

static const char *set_subuid_file(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	if (value[0] != '/')
		return "not an absolute path";
	free(p->policy->subuid_file);
	p->policy->subuid_file = strdup(value);
	return p->policy->subuid_file ? NULL : "out of memory";
}

static const char *set_users(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	p->name->restricted = true;
	return value_users(value, &p->name->users);
}

static const char *set_groups(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	p->name->restricted = true;
	return value_groups(value, &p->name->groups);
}

static const char *set_mode(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_mode(value, &p->name->max_mode);
}

static const char *set_owner(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_user(value, &p->name->owner);
}

static const char *set_group(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_group(value, &p->name->group);
}

static const char *set_lifetime(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_lifetime(value, &p->name->lifetime);
}

static const char *set_linger(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_duration(value, &p->name->linger);
}

static const char *set_entries(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_entries(value, p->name);
}

/* Of the rule, or in [broker] of all names. */
static struct memory_policy *memory_of(struct parser *p)
{
	return p->name ? &p->name->memory : &p->policy->memory;
}

static const char *set_preallocate(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_preallocate(value, &memory_of(p)->preallocate);
}

static const char *set_huge_pages(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_huge_pages(value, &memory_of(p)->huge_pages);
}

static const char *set_dynamic_linger(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	if (strcmp(value, "never") != 0)
		return value_duration(value, &p->policy->dynamic_linger);
	p->policy->dynamic_linger = POLICY_UNSET;
	return NULL;
}

static const char *set_observers(struct parser *p, const char *value, size_t unused)
{
	(void)unused;
	return value_group(value, &p->policy->observers);
}

enum where { IN_LIMITS = 1, IN_USER_LIMITS = 2, IN_GROUP_LIMITS = 4, IN_NAME = 8, IN_BROKER = 16 };

static const struct key {
	const char *name;
	unsigned int where; /* a set of enum where */
	bool repeated;      /* each line adds to it */
	const char *(*set)(struct parser *p, const char *value, size_t argument);
	size_t argument;
} keys[] = {
#define X(name, key, one, many)                                                                    \
	{"host-" key, IN_LIMITS, false, set_amount,                                                \
		offsetof(struct policy, host) + RESOURCE_##name * sizeof(uint64_t)},               \
		{"user-" key, IN_LIMITS | IN_USER_LIMITS | IN_GROUP_LIMITS, false, set_user_limit, \
			RESOURCE_##name},
	RESOURCES(X)
#undef X
		{"segment-bytes", IN_LIMITS, false, set_amount,
			offsetof(struct policy, segment_bytes)},
	{"subuid", IN_LIMITS, true, set_subuid, 0},
	{"subuid-file", IN_LIMITS, false, set_subuid_file, 0},
	{"observers", IN_BROKER, false, set_observers, 0},
	{"dynamic-linger", IN_BROKER, false, set_dynamic_linger, 0},
	{"preallocate", IN_BROKER, false, set_preallocate, 0},
	{"huge-pages", IN_BROKER, false, set_huge_pages, 0},
	{"create-users", IN_NAME, true, set_users, 0},
	{"create-groups", IN_NAME, true, set_groups, 0},
	{"max-mode", IN_NAME, false, set_mode, 0},
	{"owner", IN_NAME, false, set_owner, 0},
	{"group", IN_NAME, false, set_group, 0},
	{"lifetime", IN_NAME, false, set_lifetime, 0},
	{"linger", IN_NAME, false, set_linger, 0},
	{"rights", IN_NAME, true, set_entries, 0},
	{"preallocate", IN_NAME, false, set_preallocate, 0},
	{"huge-pages", IN_NAME, false, set_huge_pages, 0},
};

static_assert(sizeof(keys) / sizeof(*keys) <= 32, "keys_seen has a bit for each");

/*
 * "/", or absolute and in normal form, with at most one %u, which is a component of its own. There
 * is no other use of %: who writes %U or %g means something by it that we would not do.
 */
static bool is_prefix(const char *prefix)
{
	const char *own = strchr(prefix, '%');

	if (strcmp(prefix, "/") == 0)
		return true;
	if (wire_check_name(prefix, strlen(prefix)) != STATUS_OK)
		return false;
	if (!own)
		return true;
	return own[-1] == '/' && own[1] == 'u' && (own[2] == '\0' || own[2] == '/') &&
	       !strchr(own + 1, '%');
}

static const char *begin_name(struct parser *p, const char *prefix)
{
	struct policy *policy = p->policy;
	struct name_rule *rule = NULL;

	if (strchr(prefix, '*'))
		return "a prefix is no pattern: leave the star out, what is below the prefix is "
		       "covered";
	if (!is_prefix(prefix))
		return "not a prefix: absolute, in normal form, with at most one component %u";
	for (size_t i = 0; i < policy->rule_count && !rule; i++) {
		if (strcmp(policy->rules[i].prefix, prefix) == 0)
			rule = &policy->rules[i];
	}
	if (rule && strcmp(rule->file, p->file) == 0)
		return "this prefix has a section already";
	if (rule)
		policy_reset_rule(rule); /* a later file replaces an earlier one's */
	else
		rule = policy_add_rule(policy);
	if (!rule)
		return "out of memory";
	free(rule->prefix);
	free(rule->file);
	rule->prefix = strdup(prefix);
	rule->file = strdup(p->file);
	rule->line = p->line;
	p->name = rule;
	return rule->prefix && rule->file ? NULL : "out of memory";
}

static const char *begin_limits(struct parser *p, const char *whose, bool is_group)
{
	struct limit_rule *rule = NULL;
	uint32_t id;
	const char *error = is_group ? value_group(whose, &id) : value_user(whose, &id);

	if (error)
		return error;
	for (size_t i = 0; i < p->policy->limit_rule_count && !rule; i++) {
		rule = &p->policy->limit_rules[i];
		if (rule->is_group != is_group || rule->id != id)
			rule = NULL;
	}
	if (rule && strcmp(rule->file, p->file) == 0)
		return is_group ? "this group has a section already"
				: "this user has a section already";
	if (rule)
		policy_reset_limit_rule(rule); /* a later file replaces an earlier one's */
	else
		rule = policy_add_limit_rule(p->policy);
	if (!rule)
		return "out of memory";
	rule->file = strdup(p->file);
	rule->line = p->line;
	rule->is_group = is_group;
	rule->id = id;
	p->limits = rule;
	return rule->file ? NULL : "out of memory";
}

static const char *begin_general_limits(struct parser *p)
{
	if (p->limits_seen)
		return "there is a section [limits] already";
	p->limits_seen = true;
	p->where = IN_LIMITS;
	return NULL;
}

static const char *begin_broker(struct parser *p)
{
	if (p->broker_seen)
		return "there is a section [broker] already";
	p->broker_seen = true;
	p->where = IN_BROKER;
	return NULL;
}

static const struct {
	const char *prefix;
	unsigned int where;
} sections[] = {
	{"limits user ", IN_USER_LIMITS},
	{"limits group ", IN_GROUP_LIMITS},
	{"name ", IN_NAME},
};

static const char *begin(struct parser *p, const char *rest)
{
	switch (p->where) {
	case IN_USER_LIMITS:
	case IN_GROUP_LIMITS:
		return begin_limits(p, rest, p->where == IN_GROUP_LIMITS);
	case IN_NAME:
		return begin_name(p, rest);
	default:
		return "an unknown section";
	}
}

const char *parser_section(struct parser *p, const char *section)
{
	p->where = 0;
	p->name = NULL;
	p->limits = NULL;
	p->keys_seen = 0;
	if (strcmp(section, "limits") == 0)
		return begin_general_limits(p);
	if (strcmp(section, "broker") == 0)
		return begin_broker(p);
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		size_t length = strlen(sections[i].prefix);

		if (strncmp(section, sections[i].prefix, length) == 0) {
			p->where = sections[i].where;
			return begin(p, section + length);
		}
	}
	return "an unknown section";
}

const char *parser_key(struct parser *p, const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		unsigned int bit = 1U << i;

		if (!(keys[i].where & p->where) || strcmp(keys[i].name, name) != 0)
			continue;
		if ((p->keys_seen & bit) && !keys[i].repeated)
			return "this key was given already";
		p->keys_seen |= bit;
		return keys[i].set(p, value, keys[i].argument);
	}
	return p->where ? "an unknown key" : "a key outside of any section";
}
