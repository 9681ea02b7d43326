/* SPDX-License-Identifier: MIT */
/* Brings a name that a program gives into normal form, which the broker expects. */
#include "client-lib/name.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client-lib/trouble.h"

static bool is_dots(const char *part, size_t length)
{
	return (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.');
}

static void remove_last(struct name *name)
{
	while (name->length > 0 && name->text[--name->length] != '/')
		;
}

static int part_too_long(size_t length)
{
	trouble_say(
		"a component of the name has %zu bytes, and may have %d", length, WIRE_PART_MAX);
	return STATUS_NAME_TOO_LONG;
}

static int name_too_long(void)
{
	trouble_say("the name has more than %d bytes, with the working directory where that counts",
		WIRE_NAME_MAX);
	return -EOVERFLOW;
}

/* Appends the parts of a path to a name in normal form. The root is the empty string here. */
static int append(struct name *name, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && is_dots(path, length)) {
			remove_last(name);
		} else if (length > 0 && !is_dots(path, length)) {
			if (length > WIRE_PART_MAX)
				return part_too_long(length);
			if (name->length + 1 + length > WIRE_NAME_MAX)
				return name_too_long();
			name->text[name->length++] = '/';
			memcpy(name->text + name->length, path, length);
			name->length += length;
		}
		path += length;
		path += *path == '/';
	}
	return STATUS_OK;
}

static int append_working_directory(struct name *name)
{
	char directory[PATH_MAX];

	if (!getcwd(directory, sizeof(directory)))
		return errno == ENOENT ? STATUS_NOT_FOUND : errno == ERANGE ? -EOVERFLOW : -errno;
	if (directory[0] != '/') /* getcwd(3): "(unreachable)..." */
		return STATUS_NOT_FOUND;
	return append(name, directory);
}

int name_normalise(const char *given, struct name *out)
{
	size_t length = given ? strnlen(given, WIRE_NAME_MAX + 1) : 0;
	const char *last;
	int outcome = STATUS_OK;

	if (!given)
		return -EINVAL;
	if (length > WIRE_NAME_MAX)
		return name_too_long();
	if (length == 0) {
		trouble_say("the name is empty");
		return STATUS_NOT_FOUND;
	}
	out->length = 0;
	if (given[0] != '/')
		outcome = append_working_directory(out);
	if (outcome == STATUS_OK)
		outcome = append(out, given);
	if (outcome != STATUS_OK)
		return outcome;
	last = memrchr(given, '/', length);
	last = last ? last + 1 : given;
	if (*last == '\0' || is_dots(last, strlen(last))) {
		trouble_say("the name ends like a directory, with a slash, \".\" or \"..\"");
		return -EISDIR;
	}
	out->text[out->length] = '\0';
	return STATUS_OK;
}
