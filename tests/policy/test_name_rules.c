/* SPDX-License-Identifier: MIT */
/* The name policy as a function: which rule is about a name, and who may create there. */
#include <stdlib.h>
#include <string.h>

#include "daemon/core/policy.h"
#include "tests/lib/testing.h"

#define ALICE 1000U
#define BOB   1001U
#define GHOST 4242U /* not in passwd */
#define STAFF 50U

static struct policy policy;

/* As getpwuid(3) would: 2000's name is a number, which some account databases allow. */
static const char *name_of(uid_t uid)
{
	switch (uid) {
	case ALICE:
		return "alice";
	case BOB:
		return "bob";
	case 2000:
		return "1000";
	default:
		return NULL;
	}
}

static void begin(void)
{
	policy_init(&policy);
	policy.user_name = name_of;
}

static void end(void)
{
	policy_deinit(&policy);
}

static struct name_rule *add(const char *prefix)
{
	struct name_rule *rule = policy_add_rule(&policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup(prefix);
	rule->file = strdup("test");
	ck_assert(rule->prefix && rule->file);
	return rule;
}

static void add_all(const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		add(*prefixes);
	policy_sort(&policy);
}

/* The prefix of the rule that decides, or "". */
static const char *found(const char *name)
{
	const struct name_rule *rule = policy_find(&policy, name, strlen(name), NULL);

	return rule ? rule->prefix : "";
}

static bool may(uid_t uid, gid_t gid, const char *name)
{
	const struct credentials who = {.uid = uid, .gid = gid};
	const struct name_rule *decider;

	policy_find(&policy, name, strlen(name), &decider);
	return policy_may_create(&policy, decider, &who, name, strlen(name));
}

FIXTURE(begin, end);

TEST(a_prefix_ends_where_a_component_does)
{
	add_all((const char *const[]){"/run/user/1000", "/srv/a.b", NULL});
	ck_assert_str_eq(found("/run/user/1000"), "/run/user/1000");
	ck_assert_str_eq(found("/run/user/1000/x"), "/run/user/1000");
	ck_assert_str_eq(found("/run/user/1000/x/y"), "/run/user/1000");
	ck_assert_str_eq(found("/run/user/10000"), "");
	ck_assert_str_eq(found("/run/user/10000/x"), "");
	ck_assert_str_eq(found("/run/user/1000x/x"), "");
	ck_assert_str_eq(found("/run/user/100"), "");
	ck_assert_str_eq(found("/run/user"), "");
	ck_assert_str_eq(found("/RUN/user/1000"), "");
	ck_assert_str_eq(found("/x/run/user/1000"), "");
	ck_assert_str_eq(found("/srv/a.b"), "/srv/a.b");
	ck_assert_str_eq(found("/srv/a-b"), "");
}

TEST(a_stand_in_is_exactly_one_component)
{
	add_all((const char *const[]){"/run/user/%u", "/var/%u/shm", NULL});
	ck_assert_str_eq(found("/run/user"), "");
	ck_assert_str_eq(found("/run/user/1000"), "/run/user/%u");
	ck_assert_str_eq(found("/run/user/10000/x/y"), "/run/user/%u");
	ck_assert_str_eq(found("/run/users/1000"), "");
	ck_assert_str_eq(found("/var/alice/shm"), "/var/%u/shm");
	ck_assert_str_eq(found("/var/alice/shm/x"), "/var/%u/shm");
	ck_assert_str_eq(found("/var/alice/shmx"), "");
	ck_assert_str_eq(found("/var/alice"), "");
	ck_assert_str_eq(found("/var/alice/bob/shm"), "");
	ck_assert_str_eq(found("/var/shm"), "");
}

TEST(the_rule_with_the_most_components_decides)
{
	add_all((const char *const[]){"/", "/a", "/a/b/c", "/a/b", "/longer", NULL});
	ck_assert_str_eq(found("/x"), "/");
	ck_assert_str_eq(found("/a"), "/a");
	ck_assert_str_eq(found("/a/x"), "/a");
	ck_assert_str_eq(found("/a/b"), "/a/b");
	ck_assert_str_eq(found("/a/b/cc"), "/a/b");
	ck_assert_str_eq(found("/a/b/c/d"), "/a/b/c");
	ck_assert_str_eq(found("/longer/still"), "/longer");
	ck_assert_str_eq(found("/longest"), "/");
}

TEST(of_two_as_long_the_one_without_a_stand_in_decides)
{
	add_all((const char *const[]){"/home/%u", "/home/!", "/home/bob", "/home/~", "/%u/bob",
		"/x/%u/z", "/x/y/%u", NULL});
	ck_assert_str_eq(found("/home/alice/x"), "/home/%u");
	ck_assert_str_eq(found("/home/bob/x"), "/home/bob");
	ck_assert_str_eq(found("/home/!"), "/home/!");
	ck_assert_str_eq(found("/home/~/x"), "/home/~");
	ck_assert_str_eq(found("/opt/bob"), "/%u/bob");
	ck_assert_str_eq(found("/x/y/z"), "/x/y/%u"); /* the first difference decides */
	ck_assert_str_eq(found("/x/q/z"), "/x/%u/z");
}

TEST(anyone_may_create_where_no_rule_restricts)
{
	add("/srv")->max_mode = 0600;
	policy_sort(&policy);
	ck_assert(may(ALICE, 1, "/else"));
	ck_assert(may(ALICE, 1, "/srv/x"));
}

TEST(only_who_is_named_and_root_may_create_where_a_rule_restricts)
{
	struct name_rule *rule = add("/srv");
	gid_t staff[] = {STAFF};
	const struct credentials member = {
		.uid = GHOST, .gid = 1, .groups = staff, .group_count = 1};

	rule->restricted = true;
	ck_assert(!may(ALICE, STAFF, "/srv/x"));
	ck_assert(may(0, 0, "/srv/x"));
	rule->users.ids = calloc(1, sizeof(uint32_t));
	rule->groups.ids = calloc(1, sizeof(uint32_t));
	ck_assert(rule->users.ids && rule->groups.ids);
	rule->users.ids[0] = ALICE;
	rule->groups.ids[0] = STAFF;
	rule->users.count = rule->groups.count = 1;
	ck_assert(may(ALICE, 1, "/srv/x"));
	ck_assert(!may(BOB, 1, "/srv/x"));
	ck_assert(may(BOB, STAFF, "/srv/x"));
	ck_assert(!may(STAFF, ALICE, "/srv/x")); /* a gid is no uid */
	ck_assert(policy_may_create(&policy, rule, &member, "/srv/x", 6));
}

TEST(below_a_stand_in_only_that_user_and_root_may_create)
{
	add_all((const char *const[]){"/run/user/%u", "/home/%u", NULL});
	ck_assert(may(ALICE, 1, "/run/user/1000/x"));
	ck_assert(may(ALICE, 1, "/home/alice/x"));
	ck_assert(may(ALICE, 1, "/home/1000"));
	ck_assert(may(0, 0, "/home/alice/x"));
	ck_assert(!may(ALICE, 1, "/home/alic"));
	ck_assert(!may(ALICE, 1, "/home/alicex"));
	ck_assert(!may(ALICE, 1, "/run/user/10000/x"));
	ck_assert(!may(ALICE, 1, "/run/user/100/x"));
	ck_assert(!may(ALICE, 1, "/run/user/01000/x"));
	ck_assert(!may(BOB, 1, "/home/alice/x"));
	ck_assert(!may(BOB, ALICE, "/run/user/1000/x"));
	ck_assert(may(ALICE, 1, "/run/user")); /* not below it */
}

TEST(a_user_who_is_not_in_passwd_has_the_place_of_the_number)
{
	add_all((const char *const[]){"/home/%u", NULL});
	ck_assert(may(GHOST, 1, "/home/4242/x"));
	ck_assert(!may(GHOST, 1, "/home/ghost/x"));
	policy.user_name = NULL;
	ck_assert(may(ALICE, 1, "/home/1000/x"));
	ck_assert(!may(ALICE, 1, "/home/alice/x"));
}

TEST(a_user_whose_name_is_a_number_does_not_get_anothers_place)
{
	add_all((const char *const[]){"/run/user/%u", NULL});
	ck_assert(may(2000, 1, "/run/user/2000/x"));
	ck_assert(!may(2000, 1, "/run/user/1000/x"));
}

TEST(a_stand_in_and_a_list_must_both_allow)
{
	struct name_rule *rule = add("/home/%u");

	policy_sort(&policy);
	rule->restricted = true;
	rule->users.ids = calloc(1, sizeof(uint32_t));
	ck_assert_ptr_nonnull(rule->users.ids);
	rule->users.ids[0] = ALICE;
	rule->users.count = 1;
	ck_assert(may(ALICE, 1, "/home/alice"));
	ck_assert(!may(ALICE, 1, "/home/bob"));
	ck_assert(!may(BOB, 1, "/home/bob"));
}

TEST(who_has_no_number_here_may_create_nowhere)
{
	const struct credentials unmapped = {.uid = 65534, .gid = (gid_t)-1, .unmapped = true};

	ck_assert(!policy_may_create(&policy, NULL, &unmapped, "/x", 2));
	ck_assert(!policy_may_create(&policy, add("/x"), &unmapped, "/x", 2));
}
