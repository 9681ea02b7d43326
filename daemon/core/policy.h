/* SPDX-License-Identifier: MIT */
/*
 * The name policy and the limits, as read from the configuration: who may create below which
 * prefix, what such segments are like, how much each user may have. prshmd.conf(5) has the words.
 *
 * A prefix covers itself and what follows it after a slash: /run/user/1000 is not a prefix of
 * /run/user/10000. A component "%u" stands for any one component, and then only the user of that
 * name or number may create there. Of the rules that fit, the one with the most components decides;
 * of two of the same length the one that has a component in so many letters where the other has %u.
 */
#ifndef PRSHM_DAEMON_CORE_POLICY_H
#define PRSHM_DAEMON_CORE_POLICY_H

#include "daemon/core/account.h"
#include "daemon/core/id-list.h"
#include "daemon/core/memory-policy.h"
#include "daemon/core/rights.h"

#define POLICY_UNSET UINT32_MAX

struct name_rule {
	char *prefix; /* owned; in normal form, or "/" for all names */
	char *file;   /* owned: where it stands, */
	unsigned int line;
	bool restricted;             /* somebody is named below; else anyone may create */
	struct id_list users;        /* who may create, */
	struct id_list groups;       /* or whose members */
	mode_t max_mode;             /* 0777: no bound */
	uint32_t owner;              /* POLICY_UNSET: the creator */
	uint32_t group;              /* POLICY_UNSET: the creator's */
	uint32_t lifetime;           /* enum wire_lifetime */
	uint32_t linger;             /* seconds; POLICY_UNSET: the creator's choice */
	struct memory_policy memory; /* where a field is not unset */
	struct wire_entry *entries;  /* owned: rights that each new segment gets besides */
	uint32_t entry_count;
};

#define LIMIT_UNSET (UINT64_MAX - 1) /* not said here */
/* Limits of one user, or of the members of one group. */
struct limit_rule {
	char *file; /* owned: where it stands */
	unsigned int line;
	bool is_group;
	uint32_t id;
	uint64_t limit[RESOURCE_COUNT];
};

struct policy {
	struct name_rule *rules; /* owned; no two of one prefix; policy_sort puts them in order */
	struct limit_rule *limit_rules; /* owned */
	size_t rule_count, limit_rule_count;
	uint64_t host[RESOURCE_COUNT]; /* LIMIT_UNSET: derived at start */
	uint64_t user[RESOURCE_COUNT]; /* of who has no rule of their own; LIMIT_SHARE */
	struct principals principals;  /* who pays for whom */
	char *subuid_file;             /* owned; NULL: the system's */
	uint32_t dynamic_linger;       /* seconds, see dynamic-users.h; POLICY_UNSET: for ever */
	uint32_t observers;            /* a group whose members see all; POLICY_UNSET: none */
	uint64_t segment_bytes;        /* the largest segment; LIMIT_UNSET: derived at start */
	struct memory_policy memory;   /* where no rule says it */
	/* The name of that user for "%u", or NULL; may be NULL: only numbers fit then. */
	const char *(*user_name)(uid_t uid);
};

void policy_init(struct policy *policy); /* anyone may create anywhere; shares for all */
void policy_deinit(struct policy *policy);
/* Appends an empty rule, which is the policy's. NULL: out of memory. */
struct name_rule *policy_add_rule(struct policy *policy);
struct limit_rule *policy_add_limit_rule(struct policy *policy);
void policy_reset_rule(struct name_rule *rule); /* as empty as a new one */
void policy_reset_limit_rule(struct limit_rule *rule);
void policy_sort(struct policy *policy); /* once all are there, before any name is looked up */
/*
 * The rule that decides about this name, or NULL; in policy-find.c. *decider: the one that would if
 * only those counted that say who may create, by lists or "%u"; NULL: anyone may. It is optional.
 */
const struct name_rule *policy_find(const struct policy *policy, const char *name, size_t length,
	const struct name_rule **decider);
bool policy_may_create(const struct policy *policy, const struct name_rule *decider,
	const struct credentials *who, const char *name, size_t length);
bool policy_may_observe(const struct policy *policy, const struct credentials *who); /* sees all */
/*
 * Makes a new segment as the rule says: its owner, group, lifetime and linger, and the rule's
 * entries besides its own. OK, NO_MEMORY, or BAD_RIGHTS: more than WIRE_ENTRIES_MAX together.
 */
enum status policy_shape(
	const struct name_rule *rule, struct rights *rights, uint32_t *lifetime, uint32_t *linger);

/*
 * Sets account->limit: the user's own rule, else the largest of their groups', else the default.
 * For a uid in a range the default is its principal's, which gets its limits, too.
 */
void policy_apply_limits(
	const struct policy *policy, const struct credentials *who, struct account *account);
/* For a user without a connection, which would tell the groups: only the user's own rule counts. */
void policy_apply_limits_absent(const struct policy *policy, struct account *account);
/* For a user's other connections, which may be in other groups: limits then only grow. */
void policy_raise_limits(
	const struct policy *policy, const struct credentials *who, struct account *account);

#endif
