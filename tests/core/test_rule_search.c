/* SPDX-License-Identifier: MIT */
/*
 * The search for a rule beside the plain walk over all of them, as prshmd.conf(5) tells it: random
 * rules and names of so few components that most names have several rules to choose from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/policy.h"
#include "tests/lib/testing.h"

#define SETS       2000U
#define RULES      24U
#define NAMES      50U
#define COMPONENTS 5U
#define TEXT_MAX   64

/* Before and after '/' in ASCII, one the beginning of another, and what looks like a stand-in. */
static const char *const parts[] = {"a", "ab", "a!", "a~", "b", "%", "%u", "%ux", "\xc3\xa9", "-"};

#define PARTS    (sizeof(parts) / sizeof(*parts))
#define STAND_IN 6U

static struct policy policy;
static uint64_t state;

/* splitmix64: any seed is a good one. */
static unsigned int choose(unsigned int below)
{
	uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned int)((mixed ^ mixed >> 31) >> 32) % below;
}

/* A prefix has no % but in one component %u; a name may have what it likes. */
static void make_text(char text[TEXT_MAX], bool is_prefix)
{
	const unsigned int count = 1 + choose(COMPONENTS);
	bool may_stand_in = is_prefix;
	size_t length = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int part = choose(PARTS);

		while (is_prefix && parts[part][0] == '%' && (part != STAND_IN || !may_stand_in))
			part = choose(PARTS);
		if (part == STAND_IN)
			may_stand_in = false;
		length += (size_t)snprintf(text + length, TEXT_MAX - length, "/%s", parts[part]);
	}
	if (is_prefix && choose(40) == 0)
		strcpy(text, "/");
}

static void add_rule(void)
{
	struct name_rule *rule;
	char text[TEXT_MAX];

	make_text(text, true);
	for (size_t i = 0; i < policy.rule_count; i++) {
		if (strcmp(policy.rules[i].prefix, text) == 0)
			return;
	}
	rule = policy_add_rule(&policy);
	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup(text);
	ck_assert_ptr_nonnull(rule->prefix);
	rule->restricted = choose(3) == 0;
}

struct split {
	char text[TEXT_MAX];
	const char *components[COMPONENTS];
	unsigned int count;
};

static void split_at_slashes(struct split *out, const char *text)
{
	char *rest = NULL;

	snprintf(out->text, sizeof(out->text), "%s", text);
	out->count = 0;
	for (char *part = strtok_r(out->text, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
		out->components[out->count++] = part;
}

static bool is_stand_in(const char *component)
{
	return strcmp(component, "%u") == 0;
}

static bool covers(const struct split *prefix, const struct split *name)
{
	if (prefix->count > name->count)
		return false;
	for (unsigned int i = 0; i < prefix->count; i++) {
		if (!is_stand_in(prefix->components[i]) &&
			strcmp(prefix->components[i], name->components[i]) != 0)
			return false;
	}
	return true;
}

/* Both cover the name, so that they differ only where one of them has a stand-in. */
static bool goes_before(const struct split *a, const struct split *b)
{
	if (a->count != b->count)
		return a->count > b->count;
	for (unsigned int i = 0; i < a->count; i++) {
		if (is_stand_in(a->components[i]) != is_stand_in(b->components[i]))
			return is_stand_in(b->components[i]);
	}
	return false;
}

static const struct name_rule *walk_all(const char *text, bool deciders)
{
	const struct name_rule *found = NULL;
	struct split best = {.count = 0};
	struct split name;

	split_at_slashes(&name, text);
	for (size_t i = 0; i < policy.rule_count; i++) {
		const struct name_rule *rule = &policy.rules[i];
		struct split prefix;

		split_at_slashes(&prefix, rule->prefix);
		if (!covers(&prefix, &name) ||
			(deciders && !rule->restricted && !strchr(rule->prefix, '%')))
			continue;
		if (!found || goes_before(&prefix, &best)) {
			found = rule;
			split_at_slashes(&best, rule->prefix);
		}
	}
	return found;
}

/* Nobody is listed: who is called "a" may create in places of "a" that are not restricted. */
static bool a_may_create(const char *text, const struct name_rule *decider)
{
	struct split prefix;
	struct split name;

	if (!decider)
		return true;
	split_at_slashes(&prefix, decider->prefix);
	split_at_slashes(&name, text);
	for (unsigned int i = 0; i < prefix.count; i++) {
		if (is_stand_in(prefix.components[i]) && strcmp(name.components[i], "a") != 0)
			return false;
	}
	return !decider->restricted;
}

static const char *name_everyone_a(uid_t uid)
{
	(void)uid;
	return "a";
}

static void check_rule(
	const char *name, const struct name_rule *found, const struct name_rule *expected)
{
	ck_assert_msg(found == expected, "%s: %s, but of all rules it is %s", name,
		found ? found->prefix : "none", expected ? expected->prefix : "none");
}

/* Returns the rule that decides. */
static const struct name_rule *check(const char *name)
{
	const struct credentials a = {.uid = 1000, .gid = 1000};
	const size_t length = strlen(name);
	const struct name_rule *rule = walk_all(name, false);
	const struct name_rule *decider;

	check_rule(name, policy_find(&policy, name, length, &decider), rule);
	check_rule(name, decider, walk_all(name, true));
	ck_assert_msg(policy_may_create(&policy, decider, &a, name, length) ==
			      a_may_create(name, decider),
		"%s by %s", name, decider ? decider->prefix : "none");
	return rule;
}

TEST(the_search_finds_what_a_walk_over_all_rules_finds)
{
	unsigned int found = 0;
	char name[TEXT_MAX];

	for (unsigned int set = 0; set < SETS; set++) {
		const unsigned int rules = choose(RULES);

		policy_init(&policy);
		policy.user_name = name_everyone_a;
		for (unsigned int i = 0; i < rules; i++)
			add_rule();
		policy_sort(&policy);
		for (unsigned int i = 0; i < NAMES; i++) {
			make_text(name, false);
			found += check(name) != NULL;
		}
		policy_deinit(&policy);
	}
	/* Else nearly all of them were of names that no rule is about. */
	ck_assert_uint_gt(found, SETS * NAMES / 4);
}
