/* SPDX-License-Identifier: MIT */
/* How new segments get their memory, where the creator leaves that to the policy. */
#ifndef PRSHM_DAEMON_CORE_MEMORY_POLICY_H
#define PRSHM_DAEMON_CORE_MEMORY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a creator has the kernel find memory for the whole segment before anyone uses it. */
enum preallocation {
	PREALLOCATE_UNSET, /* in a rule: as the policy says for all names */
	PREALLOCATE_NEVER,
	PREALLOCATE_SMALL, /* up to PREALLOCATE_SMALL_MAX bytes */
	PREALLOCATE_ALWAYS,
};
#define PREALLOCATE_SMALL_MAX (UINT64_C(16) << 20)

enum huge_pages { HUGE_PAGES_UNSET, HUGE_PAGES_NO, HUGE_PAGES_YES };

struct memory_policy {
	enum preallocation preallocate;
	enum huge_pages huge_pages; /* NO: only for a creator that asks for them */
};

struct policy;
struct name_rule;

/* rule: the rule for the segment's name, or NULL. */
bool policy_preallocates(const struct policy *policy, const struct name_rule *rule, uint64_t size);
bool policy_gives_huge_pages(const struct policy *policy, const struct name_rule *rule);

#endif
