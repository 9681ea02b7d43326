/* SPDX-License-Identifier: MIT */
/* The configuration: its files, sections and keys. */
#include "daemon/configuration.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/configuration-parser.h"
#include "base/log.h"

#define SECTION_MAX 2048

/* As NSPR, anyone may create anywhere, but not in what everybody takes for another user's place. */
static const char built_in[] = "[name /run/user/%u]\n"
			       "max-mode = 0777\n"
			       "[name /home/%u]\n"
			       "max-mode = 0777\n";

/*
 * The stream as inih reads it, a line a call, and what inih does not tell: the line's number, and a
 * section's whole name, of which it keeps but 49 bytes.
 */
struct reader {
	struct parser parser;
	FILE *stream;
	const char *error; /* the first one: nothing is read after it */
	unsigned int error_line;
};

static void fail(struct reader *reader, const char *error)
{
	if (reader->error || !error)
		return;
	reader->error = error;
	reader->error_line = reader->parser.line;
}

static void note_section(struct reader *reader, const char *line)
{
	char section[SECTION_MAX];
	const char *end = strchr(line, ']');
	const char *rest;

	if (!end || (size_t)(end - line) > sizeof(section)) {
		fail(reader, "a section without its \"]\"");
		return;
	}
	rest = end + 1 + strspn(end + 1, " \t\r\n");
	if (*rest != '\0' && *rest != ';' && *rest != '#') {
		fail(reader, "there is something behind the \"]\"");
		return;
	}
	snprintf(section, sizeof(section), "%.*s", (int)(end - line - 1), line + 1);
	fail(reader, parser_section(&reader->parser, section));
}

/* As fgets(3), which does not tell a NUL in the line from the line's end. False: nothing came. */
static bool get_line(struct reader *reader, char *line, int size)
{
	int length = 0;
	int c = '\0';

	while (length < size - 1 && c != '\n' && (c = getc(reader->stream)) != EOF)
		line[length++] = (char)c;
	line[length] = '\0';
	if (length == 0)
		return false;
	reader->parser.line++;
	if (strlen(line) < (size_t)length)
		fail(reader, "there is a NUL byte in the line");
	else if (c != '\n' && c != EOF)
		fail(reader, "the line is too long; keys that are lists may be given again");
	return true;
}

static char *read_line(char *line, int size, void *data)
{
	struct reader *reader = data;
	const char *start;

	if (reader->error || !get_line(reader, line, size))
		return NULL;
	start = line + strspn(line, " \t");
	if (*start == '[' && start == line)
		note_section(reader, line);
	else if (start != line && strchr("\r\n;#", *start) == NULL)
		fail(reader, "a line must not begin with blanks");
	return reader->error ? NULL : line;
}

static int take_key(void *data, const char *section, const char *key, const char *value)
{
	struct reader *reader = data;

	(void)section;
	fail(reader, parser_key(&reader->parser, key, value));
	return 1;
}

static bool read_stream(FILE *stream, const char *file, struct policy *policy)
{
	struct reader reader = {.parser = {.policy = policy, .file = file}, .stream = stream};
	int bad_line = ini_parse_stream(read_line, &reader, take_key, &reader);

	if (bad_line < 0)
		fail(&reader, "out of memory");
	if (bad_line > 0 && (!reader.error || (unsigned int)bad_line < reader.error_line)) {
		reader.error = "neither a section, a \"key = value\" nor a comment";
		reader.error_line = (unsigned int)bad_line;
	}
	if (!reader.error && ferror(stream))
		fail(&reader, strerror(errno));
	if (reader.error)
		log_write(LOG_ERR, "%s:%u: %s", file, reader.error_line, reader.error);
	return !reader.error;
}

static bool read_file(const char *file, struct policy *policy)
{
	FILE *stream = fopen(file, "re");
	bool good;

	if (!stream) {
		log_write(LOG_ERR, "%s: %s", file, strerror(errno));
		return false;
	}
	good = read_stream(stream, file, policy);
	fclose(stream);
	return good;
}

static bool read_built_in(struct policy *policy)
{
	FILE *stream = fmemopen((void *)built_in, sizeof(built_in) - 1, "r");
	bool good = stream && read_stream(stream, "built-in", policy);

	if (stream)
		fclose(stream);
	return good;
}

static int is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

static bool read_directory(const char *path, struct policy *policy)
{
	char file[PATH_MAX];
	struct dirent **found = NULL;
	int count;
	bool good = true;

	snprintf(file, sizeof(file), "%s.d", path);
	count = scandir(file, &found, is_conf, alphasort);
	if (count < 0 && errno != ENOENT) {
		log_write(LOG_ERR, "%s: %s", file, strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s.d/%s", path, found[i]->d_name);
		good = good && read_file(file, policy);
		free(found[i]);
	}
	free(found);
	return good;
}

bool config_load(const char *path, bool must_exist, struct policy *out)
{
	struct policy policy;
	bool good;

	policy_init(&policy);
	good = read_built_in(&policy);
	if (good && (must_exist || access(path, F_OK) == 0 || errno != ENOENT))
		good = read_file(path, &policy);
	if (good)
		good = read_directory(path, &policy);
	if (!good) {
		policy_deinit(&policy);
		return false;
	}
	policy_sort(&policy);
	*out = policy;
	return true;
}
