/* SPDX-License-Identifier: MIT */
/*
 * The last good configuration, as the keeper has it for the next broker: what config_print writes.
 * Its comments count here: they tell which files there were, and where each rule stood.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "daemon/configuration-parser.h"
#include "daemon/configuration.h"
#include "daemon/core/memory.h"

struct kept {
	struct config_files *files;
	char place[PATH_MAX]; /* the file of the rule that comes */
	bool starved;
};

int config_keep(const struct policy *policy, const struct config_files *files, const char *path)
{
	const int fd = memory_create("prshm:configuration", 0);
	const int copy = fd < 0 ? -1 : dup(fd);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
	bool good = false;

	if (stream) {
		config_print(policy, files, path, stream);
		good = !ferror(stream);
		good = fclose(stream) == 0 && good;
	} else if (copy >= 0) {
		close(copy);
	}
	if (good || fd < 0)
		return fd;
	close(fd);
	return -1;
}

/* "# read: FILE", or "# FILE:LINE" in the line above a section. */
static void take_remark(struct parser *parser, const char *comment)
{
	static const char read[] = "# read: ";
	struct kept *kept = parser->data;
	const char *colon = strrchr(comment, ':');
	uint64_t line;

	if (strncmp(comment, read, sizeof(read) - 1) == 0) {
		kept->starved |= !config_files_add(kept->files, comment + sizeof(read) - 1);
		return;
	}
	if (strncmp(comment, "# ", 2) != 0 || !colon ||
		units_parse_number(colon + 1, UINT_MAX, &line) || line == 0)
		return;
	snprintf(kept->place, sizeof(kept->place), "%.*s", (int)(colon - comment - 2), comment + 2);
	parser->file = kept->place;
	parser->line = (unsigned int)line - 1; /* the next line is that one */
}

static bool read_kept(FILE *stream, struct policy *policy, struct config_files *files)
{
	struct config_trouble trouble = {0};
	struct kept kept = {.files = files};
	const struct parser parser = {
		.policy = policy,
		.trouble = &trouble,
		.file = "the last good configuration",
		.remark = take_remark,
		.data = &kept,
	};

	return parser_read(&parser, stream) && !kept.starved;
}

bool config_load_kept(int fd, struct policy *out, struct config_files *out_files)
{
	struct config_files files = {0};
	struct policy policy;
	const int copy = lseek(fd, 0, SEEK_SET) < 0 ? -1 : dup(fd);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
	bool good;

	policy_init(&policy);
	good = stream && read_kept(stream, &policy, &files);
	if (stream)
		fclose(stream);
	else if (copy >= 0)
		close(copy);
	return config_hand_out(good, &policy, &files, out, out_files);
}
