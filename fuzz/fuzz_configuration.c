/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the configuration: an input is a file. What is taken can be printed, and the print is
 * taken, too, and says the same. So the last good configuration, which the keeper has as such a
 * print, is what the broker had.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/configuration-parser.h"
#include "daemon/configuration.h"
#include "daemon/core/policy.h"
#include "fuzz/demand.h"

#define FILE_MAX (1 << 14)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/*
 * Two users and two groups there are, whatever machine this is: fuzz.am gives the calls to these.
 */
struct passwd *__wrap_getpwnam(const char *name);
struct group *__wrap_getgrnam(const char *name);

struct passwd *__wrap_getpwnam(const char *name)
{
	static struct passwd user;

	user = (struct passwd){
		.pw_name = (char *)"", .pw_uid = strcmp(name, "alice") == 0 ? 1000 : 0};
	return strcmp(name, "alice") == 0 || strcmp(name, "root") == 0 ? &user : NULL;
}

struct group *__wrap_getgrnam(const char *name)
{
	static struct group group;

	group = (struct group){
		.gr_name = (char *)"", .gr_gid = strcmp(name, "staff") == 0 ? 50 : 0};
	return strcmp(name, "staff") == 0 || strcmp(name, "root") == 0 ? &group : NULL;
}

static bool read_text(const void *text, size_t length, const char *file, struct policy *policy)
{
	struct config_trouble trouble = {0};
	const struct parser parser = {.policy = policy, .trouble = &trouble, .file = file};
	FILE *stream = length > 0 ? fmemopen((void *)text, length, "r") : NULL;
	bool good;

	policy_init(policy);
	if (!stream)
		return true;
	good = parser_read(&parser, stream);
	demand(good == (trouble.text[0] == '\0'),
		"a refusal without a reason, or a reason without");
	fclose(stream);
	return good;
}

static char *print(const struct policy *policy)
{
	const struct config_files none = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	demand(stream, "out of memory");
	config_print(policy, &none, "/f", stream);
	fclose(stream);
	return text;
}

/* A comment tells where a rule stood: the files and lines of a print are others. */
static void cut_comments(char *text)
{
	char *out = text;

	for (char *line = text; *line;) {
		char *end = strchrnul(line, '\n');
		const size_t length = (size_t)(end - line) + (*end == '\n');

		if (*line != '#') {
			memmove(out, line, length);
			out += length;
		}
		line += length;
	}
	*out = '\0';
}

static void check_print(struct policy *policy)
{
	struct policy again;
	char *first = print(policy);
	char *second;

	demand(read_text(first, strlen(first), "print", &again), "a print is not taken");
	policy_sort(&again);
	second = print(&again);
	cut_comments(first);
	cut_comments(second);
	if (strcmp(first, second) != 0)
		fprintf(stderr, "%s\n-- becomes --\n%s\n", first, second);
	demand(strcmp(first, second) == 0, "a print means something else");
	free(first);
	free(second);
	policy_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct policy policy;

	if (length > FILE_MAX)
		return 0;
	if (read_text(bytes, length, "file", &policy)) {
		policy_sort(&policy);
		check_print(&policy);
	}
	policy_deinit(&policy);
	return 0;
}
