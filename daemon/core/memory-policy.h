/* SPDX-License-Identifier: MIT */
/* How the memory of new segments is found, where their creators leave that to the policy. */
#ifndef PRSHM_DAEMON_CORE_MEMORY_POLICY_H
#define PRSHM_DAEMON_CORE_MEMORY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a creator finds memory for all of a segment, before anyone uses it. */
enum preallocation {
	PREALLOCATE_UNSET, /* by a rule: as is said for all names */
	PREALLOCATE_NEVER,
	PREALLOCATE_SMALL, /* up to PREALLOCATE_SMALL_MAX bytes */
	PREALLOCATE_ALWAYS,
};
#define PREALLOCATE_SMALL_MAX (UINT64_C(1) << 20)

enum huge_pages { HUGE_PAGES_UNSET, HUGE_PAGES_NO, HUGE_PAGES_YES };

struct memory_policy {
	enum preallocation preallocate;
	enum huge_pages huge_pages; /* NO: for nobody but who asks for them */
};

struct policy;
struct name_rule;

/* rule: of the segment's name, or NULL. */
bool policy_preallocates(
	const struct policy *policy, const struct name_rule *rule, uint64_t size);
bool policy_gives_huge_pages(const struct policy *policy, const struct name_rule *rule);

#endif
