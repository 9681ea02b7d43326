/* SPDX-License-Identifier: MIT */
/*
 * Which rule fits a name, without looking at the others. The rules are sorted like a tree that is
 * written down: what begins with the same components stands together, and first what ends there. So
 * a walk along the name's components narrows the rules down by binary search; it branches where one
 * of them is %u, and no prefix has more than one.
 */
#include "daemon/core/policy.h"

#include <stdlib.h>
#include <string.h>

/* So that the end of a component comes before what makes it longer, and %u after all letters. */
static int rank(char letter)
{
	if (letter == '\0' || letter == '/')
		return letter == '/';
	return letter == '%' ? 258 : (unsigned char)letter + 2;
}

static int compare_rules(const void *left, const void *right)
{
	const char *a = ((const struct name_rule *)left)->prefix;
	const char *b = ((const struct name_rule *)right)->prefix;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	return rank(*a) - rank(*b);
}

void policy_sort(struct policy *policy)
{
	if (policy->rule_count > 0)
		qsort(policy->rules, policy->rule_count, sizeof(*policy->rules), compare_rules);
}

struct range {
	const struct name_rule *first;
	const struct name_rule *end;
};

/* The component that begins at prefix beside another one. */
static int compare_part(const char *prefix, const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (prefix[i] != part[i])
			return rank(prefix[i]) - rank(part[i]);
	}
	return prefix[length] == '\0' || prefix[length] == '/' ? 0 : 1;
}

/* The first rule whose component at that place is not less than the part; or, after it, is more. */
static const struct name_rule *find_bound(
	struct range rules, size_t at, const char *part, size_t length, bool after)
{
	while (rules.first < rules.end) {
		const struct name_rule *middle = rules.first + (rules.end - rules.first) / 2;
		const int order = compare_part(middle->prefix + at, part, length);

		if (order < 0 || (after && order == 0))
			rules.first = middle + 1;
		else
			rules.end = middle;
	}
	return rules.first;
}

struct found {
	const struct name_rule *rule;
	unsigned int depth; /* its components */
};

struct walk {
	const char *end; /* of the name */
	struct found found;
	struct found decider; /* the same, of those that say who may create */
};

/* What has as many components and comes later has %u where the other has letters. */
static void take_deeper(struct found *found, const struct name_rule *rule, unsigned int depth)
{
	if (!found->rule || depth > found->depth)
		*found = (struct found){rule, depth};
}

static void note(struct walk *walk, const struct name_rule *rule, unsigned int depth)
{
	take_deeper(&walk->found, rule, depth);
	if (rule->restricted || strchr(rule->prefix, '%'))
		take_deeper(&walk->decider, rule, depth);
}

static void walk_down(
	struct walk *walk, struct range rules, size_t at, const char *name, unsigned int depth);

/* name: where the next component ends. */
static void narrow_down(struct walk *walk, struct range rules, size_t at, const char *part,
	size_t length, const char *name, unsigned int depth)
{
	rules.first = find_bound(rules, at, part, length, false);
	if (rules.first == rules.end)
		return;
	/* Near the root it often is all of them. */
	if (compare_part(rules.end[-1].prefix + at, part, length) != 0)
		rules.end = find_bound(rules, at, part, length, true);
	if (rules.first < rules.end)
		walk_down(walk, rules, at + length, name, depth + 1);
}

/* The rules' first bytes, as many as at, are the same, and cover what was walked of the name. */
static void walk_down(
	struct walk *walk, struct range rules, size_t at, const char *name, unsigned int depth)
{
	const char *slash;

	for (; rules.first < rules.end && rules.first->prefix[at] == '\0'; rules.first++)
		note(walk, rules.first, depth);
	if (name == walk->end || rules.first == rules.end)
		return;
	name++;
	at++;
	slash = memchr(name, '/', (size_t)(walk->end - name));
	if (!slash)
		slash = walk->end;
	narrow_down(walk, rules, at, name, (size_t)(slash - name), slash, depth);
	if (rules.end[-1].prefix[at] == '%') /* it would be the last of them */
		narrow_down(walk, rules, at, "%u", 2, slash, depth);
}

const struct name_rule *policy_find(const struct policy *policy, const char *name, size_t length,
	const struct name_rule **decider)
{
	const struct name_rule *rules = policy->rules;
	struct walk walk = {.end = name + length};

	if (policy->rule_count > 0) {
		if (strcmp(rules->prefix, "/") == 0) /* before all others: it has no components */
			note(&walk, rules, 0);
		walk_down(&walk, (struct range){rules, rules + policy->rule_count}, 0, name, 0);
	}
	if (decider)
		*decider = walk.decider.rule;
	return walk.found.rule;
}
