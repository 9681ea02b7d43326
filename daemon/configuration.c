/* SPDX-License-Identifier: MIT */
/* The configuration: its files, sections and keys. */
#include "daemon/configuration.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/configuration-parser.h"

#define BLANKS         " \t\r"
#define LINE_MAX_BYTES 198 /* without LF */
#define ERRORS_MAX     20  /* of one file: what is no configuration at all is not told whole */

/* As NSPR, anyone may create anywhere, but not in what everybody takes for another user's place. */
static const char built_in[] = "[name /run/user/%u]\n"
			       "max-mode = 0777\n"
			       "[name /home/%u]\n"
			       "max-mode = 0777\n";

struct reader {
	struct parser parser;
	FILE *stream;
	unsigned int errors;
	bool skips; /* keys, as their section was refused */
};

void config_tell(struct config_trouble *trouble, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_write(LOG_ERR, "%s", text);
	if (trouble->text[0] != '\0')
		return;
	memcpy(trouble->text, text, strnlen(text, sizeof(trouble->text) - 1));
	for (char *c = trouble->text; *c; c++) {
		if (iscntrl((unsigned char)*c)) /* the service manager is told this in one line */
			*c = '?';
	}
}

/* Reading goes on: one who mends the file wants to know all that is wrong. */
static void fail(struct reader *reader, const char *error)
{
	const struct parser *parser = &reader->parser;

	if (!error)
		return;
	reader->errors++;
	if (parser->line == 0) /* the file as a whole, such as a directory */
		config_tell(parser->trouble, "%s: %s", parser->file, error);
	else
		config_tell(parser->trouble, "%s:%u: %s", parser->file, parser->line, error);
	if (reader->errors == ERRORS_MAX)
		log_write(LOG_ERR, "%s: what is wrong in later lines is not told",
			reader->parser.file);
}

static void take_section(struct reader *reader, char *line)
{
	char *end = strchr(line, ']');
	const char *error = "a section without its \"]\"";
	const char *rest;

	if (end) {
		*end = '\0';
		rest = end + 1 + strspn(end + 1, BLANKS);
		error = *rest == '\0' || *rest == ';' || *rest == '#'
				? parser_section(&reader->parser, line + 1)
				: "there is something behind the \"]\"";
	}
	reader->skips = error;
	fail(reader, error);
}

/* A comment behind a value begins with a blank and one of these. libinih knows only the first. */
static void cut_comment(char *line)
{
	for (char *c = line + 1; *c; c++) {
		if ((*c == ';' || *c == '#') && strchr(BLANKS, c[-1])) {
			*c = '\0';
			return;
		}
	}
}

/*
 * Sections are taken here: libinih cuts their names. What is left of the line is for libinih: "" or
 * a key.
 */
static void take_line(struct reader *reader, char *line)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	char *start = line;

	if (reader->parser.line == 1 && strncmp(start, byte_order_mark, 3) == 0)
		start += 3;
	start += strspn(start, BLANKS); /* or libinih would take the line as the last one's end */
	if (*start == '[') {
		take_section(reader, start);
		*start = '\0';
	} else if (*start == ';' || *start == '#') {
		if (reader->parser.remark)
			reader->parser.remark(&reader->parser, start);
		*start = '\0';
	} else if (*start != '\0') {
		cut_comment(start);
		if (!strpbrk(start, "=:")) { /* libinih tells only the first of such lines */
			fail(reader, "neither a section, a \"key = value\" nor a comment");
			*start = '\0';
		}
	}
	memmove(line, start, strlen(start) + 1);
}

/*
 * Reads a line as fgets(3), which does not tell a NUL in the line from the line's end. NULL:
 * nothing came.
 */
static char *read_line(char *line, int size, void *data)
{
	struct reader *reader = data;
	const size_t room = (size_t)size < LINE_MAX_BYTES + 1 ? (size_t)size : LINE_MAX_BYTES + 1;
	size_t length = 0;
	int c;

	while ((c = getc(reader->stream)) != EOF && c != '\n') {
		if (length < room)
			line[length] = (char)c;
		length++;
	}
	if (reader->errors >= ERRORS_MAX || (c == EOF && length == 0))
		return NULL;
	reader->parser.line++;
	if (memchr(line, '\0', length < room ? length : room)) {
		fail(reader, "there is a NUL byte in the line");
		length = 0;
	} else if (length >= room) {
		fail(reader, "the line is too long; keys that are lists may be given again");
		length = 0;
	}
	line[length] = '\0';
	take_line(reader, line);
	return line;
}

static int take_key(void *data, const char *section, const char *key, const char *value)
{
	struct reader *reader = data;

	(void)section;
	if (!reader->skips)
		fail(reader, parser_key(&reader->parser, key, value));
	return 1;
}

bool parser_read(const struct parser *parser, FILE *stream)
{
	struct reader reader = {.parser = *parser, .stream = stream};
	const int bad_line = ini_parse_stream(read_line, &reader, take_key, &reader);

	if (bad_line < 0)
		fail(&reader, "out of memory");
	else if (bad_line > 0 && reader.errors == 0)
		fail(&reader, "a line that is no \"key = value\"");
	if (ferror(stream))
		fail(&reader, strerror(errno));
	return reader.errors == 0;
}

static bool read_stream(
	FILE *stream, const char *file, struct policy *policy, struct config_trouble *trouble)
{
	const struct parser parser = {.policy = policy, .trouble = trouble, .file = file};

	return parser_read(&parser, stream);
}

bool config_files_add(struct config_files *files, const char *file)
{
	char **paths = reallocarray(files->paths, files->count + 1, sizeof(*paths));

	if (paths) {
		files->paths = paths;
		paths[files->count] = strdup(file);
	}
	if (!paths || !paths[files->count])
		return false;
	files->count++;
	return true;
}

static bool read_file(const char *file, struct policy *policy, struct config_files *files,
	struct config_trouble *trouble)
{
	FILE *stream = fopen(file, "re");
	bool good;

	if (!stream) {
		config_tell(trouble, "%s: %s", file, strerror(errno));
		return false;
	}
	good = config_files_add(files, file);
	if (!good)
		config_tell(trouble, "%s: out of memory", file);
	good = read_stream(stream, file, policy, trouble) && good;
	fclose(stream);
	return good;
}

static bool read_built_in(struct policy *policy, struct config_trouble *trouble)
{
	FILE *stream = fmemopen((void *)built_in, sizeof(built_in) - 1, "r");
	bool good = stream && read_stream(stream, "built-in", policy, trouble);

	if (stream)
		fclose(stream);
	else
		config_tell(trouble, "%s: out of memory", "built-in");
	return good;
}

static int is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

static bool read_directory(const char *path, struct policy *policy, struct config_files *files,
	struct config_trouble *trouble)
{
	char file[PATH_MAX];
	struct dirent **found = NULL;
	int count;
	bool good = true;

	snprintf(file, sizeof(file), "%s.d", path);
	count = scandir(file, &found, is_conf, alphasort);
	if (count < 0 && errno != ENOENT) {
		config_tell(trouble, "%s: %s", file, strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s.d/%s", path, found[i]->d_name);
		good = read_file(file, policy, files, trouble) && good;
		free(found[i]);
	}
	free(found);
	return good;
}

bool config_hand_out(bool good, struct policy *policy, struct config_files *files,
	struct policy *out, struct config_files *out_files)
{
	if (!good) {
		policy_deinit(policy);
		config_files_deinit(files);
		return false;
	}
	policy_sort(policy);
	*out = *policy;
	*out_files = *files;
	return true;
}

bool config_load(const char *path, bool must_exist, struct policy *out,
	struct config_files *out_files, struct config_trouble *trouble)
{
	struct config_files files = {0};
	struct policy policy;
	bool good;

	*trouble = (struct config_trouble){0};
	policy_init(&policy);
	good = read_built_in(&policy, trouble);
	if (must_exist || access(path, F_OK) == 0 || errno != ENOENT)
		good = read_file(path, &policy, &files, trouble) && good;
	good = read_directory(path, &policy, &files, trouble) && good;
	return config_hand_out(good, &policy, &files, out, out_files);
}

void config_files_deinit(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct config_files){0};
}

const char *config_files_text(
	const struct config_files *files, const char *path, char *out, size_t size)
{
	size_t used = 0;

	if (files->count == 0)
		snprintf(out, size, "none, as there is neither %s nor %s.d/*.conf", path, path);
	for (size_t i = 0; i < files->count && used < size; i++)
		used += (size_t)snprintf(
			out + used, size - used, "%s%s", i == 0 ? "" : ", ", files->paths[i]);
	return out;
}
