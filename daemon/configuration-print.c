/* SPDX-License-Identifier: MIT */
/* What was understood of the configuration, in its own syntax: prshmd --check-config. */
#include <ctype.h>
#include <inttypes.h>

#include "daemon/configuration.h"

static void print_limits(FILE *out, const uint64_t *limits, const char *side)
{
	static const char *const keys[] = {
#define X(name, key, one, many) key,
		RESOURCES(X)
#undef X
	};

	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		if (limits[i] == LIMIT_SHARE)
			fprintf(out, "%s-%s = share\n", side, keys[i]);
		else if (limits[i] != LIMIT_UNSET)
			fprintf(out, "%s-%s = %" PRIu64 "\n", side, keys[i], limits[i]);
	}
}

static void print_ids(FILE *out, const char *key, const struct id_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s = %" PRIu32 "\n", key, list->ids[i]);
}

static void print_entry(FILE *out, const struct wire_entry *entry)
{
	fprintf(out, "rights = %s:%" PRIu32 ":%s%s%s%s\n",
		entry->kind == WIRE_ENTRY_USER ? "user" : "group", entry->id,
		entry->rights & WIRE_READ ? "r" : "", entry->rights & WIRE_WRITE ? "w" : "",
		entry->rights & WIRE_DELETE ? "d" : "", entry->rights & WIRE_MANAGE ? "m" : "");
}

/* Cut short, and in one line: what is printed has to be readable again. */
static void print_path(FILE *out, const char *path)
{
	for (int i = 0; i < 150 && path[i]; i++)
		fputc(iscntrl((unsigned char)path[i]) ? '?' : path[i], out);
}

static void print_place(FILE *out, const char *file, unsigned int line)
{
	fputs("\n# ", out);
	print_path(out, file);
	fprintf(out, ":%u\n", line);
}

static void print_memory(FILE *out, const struct memory_policy *memory)
{
	static const char *const when[] = {NULL, "never", "small", "always"};

	if (memory->preallocate != PREALLOCATE_UNSET)
		fprintf(out, "preallocate = %s\n", when[memory->preallocate]);
	if (memory->huge_pages != HUGE_PAGES_UNSET)
		fprintf(out, "huge-pages = %s\n",
			memory->huge_pages == HUGE_PAGES_YES ? "yes" : "no");
}

static void print_rule(FILE *out, const struct name_rule *rule)
{
	print_place(out, rule->file, rule->line);
	fprintf(out, "[name %s]\n", rule->prefix);
	print_ids(out, "create-users", &rule->users);
	print_ids(out, "create-groups", &rule->groups);
	if (rule->restricted && rule->users.count + rule->groups.count == 0)
		fprintf(out, "create-users =\n");
	fprintf(out, "max-mode = %04o\n", (unsigned int)rule->max_mode);
	if (rule->owner != POLICY_UNSET)
		fprintf(out, "owner = %" PRIu32 "\n", rule->owner);
	if (rule->group != POLICY_UNSET)
		fprintf(out, "group = %" PRIu32 "\n", rule->group);
	if (rule->lifetime != WIRE_LIFETIME_DEFAULT)
		fprintf(out, "lifetime = %s\n",
			rule->lifetime == WIRE_LIFETIME_KEPT ? "kept" : "until-unused");
	if (rule->linger != POLICY_UNSET)
		fprintf(out, "linger = %" PRIu32 "s\n", rule->linger);
	print_memory(out, &rule->memory);
	for (uint32_t i = 0; i < rule->entry_count; i++)
		print_entry(out, &rule->entries[i]);
}

static void print_files(FILE *out, const struct config_files *files, const char *path)
{
	if (files->count == 0)
		fprintf(out, "# no configuration: there is no %.80s,\n# and no file in %.80s.d\n",
			path, path);
	for (size_t i = 0; i < files->count; i++) {
		fputs("# read: ", out);
		print_path(out, files->paths[i]);
		fputc('\n', out);
	}
}

/*
 * Also the ranges of the file: who reads this wants to know who pays. To read a range twice does no
 * harm.
 */
static void print_subuids(FILE *out, const struct policy *policy)
{
	if (policy->subuid_file)
		fprintf(out, "subuid-file = %s\n", policy->subuid_file);
	for (size_t i = 0; i < policy->principals.count; i++) {
		const struct principal_range *range = &policy->principals.ranges[i];

		fprintf(out, "subuid = %" PRIu32 ":%" PRIu32 ":%" PRIu32 "\n", range->owner,
			range->first, range->last - range->first + 1);
	}
}

void config_print(
	const struct policy *policy, const struct config_files *files, const char *path, FILE *out)
{
	print_files(out, files, path);
	fprintf(out, "[broker]\n");
	if (policy->observers != POLICY_UNSET)
		fprintf(out, "observers = %" PRIu32 "\n", policy->observers);
	if (policy->dynamic_linger == POLICY_UNSET)
		fprintf(out, "dynamic-linger = never\n");
	else
		fprintf(out, "dynamic-linger = %" PRIu32 "s\n", policy->dynamic_linger);
	print_memory(out, &policy->memory);
	fprintf(out, "\n[limits]\n");
	print_limits(out, policy->host, "host");
	print_limits(out, policy->user, "user");
	if (policy->segment_bytes != LIMIT_UNSET)
		fprintf(out, "segment-bytes = %" PRIu64 "\n", policy->segment_bytes);
	print_subuids(out, policy);
	for (size_t i = 0; i < policy->limit_rule_count; i++) {
		const struct limit_rule *rule = &policy->limit_rules[i];

		print_place(out, rule->file, rule->line);
		fprintf(out, "[limits %s %" PRIu32 "]\n", rule->is_group ? "group" : "user",
			rule->id);
		print_limits(out, rule->limit, "user");
	}
	for (size_t i = 0; i < policy->rule_count; i++)
		print_rule(out, &policy->rules[i]);
}
