/* SPDX-License-Identifier: MIT */
/*
 * What the broker's core makes of more names than a process may have descriptors: a million of
 * them, of a hundred thousand users. The segments are as a journal tells of them, before anyone has
 * brought their memory. In a child, so that the heap that is measured has nothing else in it.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/section.h"
#include "bench/statistics.h"
#include "daemon/core/policy.h"
#include "daemon/core/registry.h"
#include "daemon/core/segment-charges.h"

#define NAMES        1000000U
#define NAMES_QUICK  200000U
#define FEW_NAMES    1000U
#define USERS        100000U
#define RULES        1000U
#define MANY_RULES   10000U
#define LOOK_UPS     16U /* between two looks at the clock, which takes about as long as one */
#define SAMPLES      10000U
#define NAME_MAX_LEN 96

/* Bytes of heap; a name's own come on top. */
#define NAME_AT_MOST 300.0

struct outcome_of_all {                             /* in memory that the child shares with us */
	double name_bytes, name_length, user_bytes; /* of each, on average */
	double few_ns, many_ns;
	double no_rules_ns, rules_ns, many_rules_ns;
	bool is_complete;
};

/* As programs call them: the same beginning, a number in the middle, the difference at the end. */
static size_t name_numbered(unsigned int number, char name[NAME_MAX_LEN])
{
	static const char *const patterns[] = {
		"/dev/shm/org.mozilla.ipc.%u.%08x",
		"/run/user/%u/pipewire-0/node-%08x/buffer",
		"/home/user%u/.cache/renderer/tile-%08x.shm",
		"/var/lib/postgresql/16/main/%u/PostgreSQL.%08x",
	};
	/* An odd factor: each number comes once, and neighbours far from each other. */
	const unsigned int mixed = number * 2654435761U;

	return (size_t)snprintf(
		name, NAME_MAX_LEN, patterns[number % 4], 1000 + number % USERS, mixed);
}

static size_t heap_bytes(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static bool add_users(struct accounts *accounts, double *bytes)
{
	const size_t before = heap_bytes();

	for (unsigned int i = 0; i < USERS; i++) {
		if (!account_get(accounts, 1000 + i))
			return false;
	}
	*bytes = (double)(heap_bytes() - before) / USERS;
	return true;
}

static bool add_name(
	struct registry *registry, struct accounts *accounts, unsigned int number, size_t *length)
{
	char name[NAME_MAX_LEN];
	struct account *account = account_get(accounts, 1000 + number % USERS);
	struct segment *segment;

	*length = name_numbered(number, name);
	segment = segment_restore(name, *length, SEGMENT_BYTES, number);
	if (!account || !segment)
		return false;
	segment->number = number + 1;
	segment_restore_charges(segment, account);
	account_unref(account);
	registry_restore(registry, segment, true);
	return true;
}

static bool add_names(struct registry *registry, struct accounts *accounts, unsigned int count,
	struct outcome_of_all *outcome)
{
	const size_t before = heap_bytes();
	size_t lengths = 0;

	for (unsigned int i = 0; i < count; i++) {
		size_t length;

		if (!add_name(registry, accounts, i, &length))
			return false;
		lengths += length;
	}
	outcome->name_length = (double)lengths / count;
	outcome->name_bytes = (double)(heap_bytes() - before) / count - outcome->name_length;
	return true;
}

/* Nanoseconds of one look-up, the median of many; find returns whether all is as it should be. */
static double time_look_ups(unsigned int count,
	size_t (*make_name)(unsigned int number, char name[NAME_MAX_LEN]),
	bool (*find)(void *where, const char *name, size_t length), void *where)
{
	static double times[SAMPLES];
	char names[LOOK_UPS][NAME_MAX_LEN];
	size_t lengths[LOOK_UPS];
	bool ok = true;

	srandom(1);
	for (unsigned int sample = 0; sample < SAMPLES; sample++) {
		double begin;

		for (unsigned int i = 0; i < LOOK_UPS; i++)
			lengths[i] = make_name((unsigned int)random() % count, names[i]);
		begin = now_us();
		for (unsigned int i = 0; i < LOOK_UPS; i++)
			ok = find(where, names[i], lengths[i]) && ok;
		times[sample] = (now_us() - begin) * 1000 / LOOK_UPS;
	}
	return ok ? quantile(times, SAMPLES, 0.5) : 0;
}

static bool find_segment(void *registry, const char *name, size_t length)
{
	return registry_find(registry, name, length);
}

static bool find_rule(void *policy, const char *name, size_t length)
{
	return policy_find(policy, name, length, NULL);
}

static bool find_no_rule(void *policy, const char *name, size_t length)
{
	return !policy_find(policy, name, length, NULL);
}

static bool measure_names(unsigned int count, struct outcome_of_all *outcome)
{
	static const uint64_t host[RESOURCE_COUNT]; /* what is there already is not refused */
	struct outcome_of_all unused;
	struct registry registry;
	struct registry few;
	struct counters counters = {0};
	struct accounts accounts;

	accounts_init(&accounts, host);
	registry_init(&registry, &counters);
	registry_init(&few, &counters);
	if (!add_users(&accounts, &outcome->user_bytes) ||
		!add_names(&few, &accounts, FEW_NAMES, &unused) ||
		!add_names(&registry, &accounts, count, outcome))
		return false;
	outcome->few_ns = time_look_ups(FEW_NAMES, name_numbered, find_segment, &few);
	outcome->many_ns = time_look_ups(count, name_numbered, find_segment, &registry);
	return outcome->few_ns > 0 && outcome->many_ns > 0;
}

/* Some rule is about each of them. */
static size_t name_ruled(unsigned int number, char name[NAME_MAX_LEN])
{
	return (size_t)snprintf(
		name, NAME_MAX_LEN, "/srv/department-%u/user%u/segment-of-one", number, number);
}

static double time_rules(unsigned int count)
{
	char prefix[NAME_MAX_LEN];
	struct policy policy;
	double ns;

	policy_init(&policy);
	for (unsigned int i = 0; i < count; i++) {
		struct name_rule *rule = policy_add_rule(&policy);

		snprintf(prefix, sizeof(prefix), "/srv/department-%u/%%u", i);
		if (!rule || !(rule->prefix = strdup(prefix)))
			return 0;
	}
	policy_sort(&policy);
	ns = count > 0 ? time_look_ups(count, name_ruled, find_rule, &policy)
		       : time_look_ups(RULES, name_ruled, find_no_rule, &policy);
	policy_deinit(&policy);
	return ns;
}

static bool measure_rules(struct outcome_of_all *outcome)
{
	outcome->no_rules_ns = time_rules(0);
	outcome->rules_ns = time_rules(RULES);
	outcome->many_rules_ns = time_rules(MANY_RULES);
	return outcome->no_rules_ns > 0 && outcome->rules_ns > 0 && outcome->many_rules_ns > 0;
}

/* The child leaves without freeing anything: that is the kernel's to do at once. */
static bool run_in_child(unsigned int names, struct outcome_of_all *outcome)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		outcome->is_complete = measure_rules(outcome) && measure_names(names, outcome);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && outcome->is_complete;
}

static bool put_lines(const struct outcome_of_all *outcome, unsigned int names)
{
	return section_put("name", "heap of each name, without its bytes", "bytes",
		       outcome->name_bytes, NAME_AT_MOST, "of %u names of %.0f bytes", names,
		       outcome->name_length) &&
	       section_put("user", "heap of each user", "bytes", outcome->user_bytes, 0, "of %u",
		       USERS) &&
	       section_put("look-up", "look-up of a name", "ns", outcome->many_ns, 0,
		       "among %u; among %u: %.0f ns", names, FEW_NAMES, outcome->few_ns) &&
	       section_put("rule", "look-up of its rule", "ns", outcome->rules_ns, 0,
		       "among %u; among %u: %.0f ns; no rules: %.0f ns", RULES, MANY_RULES,
		       outcome->many_rules_ns, outcome->no_rules_ns);
}

bool simulation_measure(const struct place *place, const struct schedule *schedule)
{
	const unsigned int names = schedule->is_quick ? NAMES_QUICK : NAMES;
	struct outcome_of_all *outcome = mmap(
		NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ok;

	(void)place; /* there is no broker in it */
	if (outcome == MAP_FAILED)
		return false;
	ok = run_in_child(names, outcome) ? put_lines(outcome, names)
					  : section_missing("%u names do not fit", names);
	munmap(outcome, sizeof(*outcome));
	return ok;
}
