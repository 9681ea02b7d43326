/* SPDX-License-Identifier: MIT */
/* Ranges of subordinate uids, as /etc/subuid has them: a line each, OWNER:FIRST:COUNT. */
#include "daemon/subuid.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"

#define OWNER_MAX 256

static const char no_memory[] = "out of memory";

/*
 * A name without a uid, as container managers write such, owns nothing: its range is a principal of
 * its own.
 */
static uint32_t find_owner(const char *name)
{
	const struct passwd *user;
	uint64_t uid;

	if (!units_parse_number(name, UINT32_MAX, &uid))
		return (uint32_t)uid;
	user = getpwnam(name);
	return user ? user->pw_uid : PRINCIPAL_NO_OWNER;
}

const char *subuid_add(const char *text, struct principals *out)
{
	char line[OWNER_MAX + 32];
	char *first;
	char *count;
	uint64_t from;
	uint64_t number;

	if (snprintf(line, sizeof(line), "%s", text) >= (int)sizeof(line))
		return "too long for OWNER:FIRST:COUNT";
	first = strchr(line, ':');
	count = first ? strchr(first + 1, ':') : NULL;
	if (!count || first == line)
		return "not of the form OWNER:FIRST:COUNT";
	*first++ = '\0';
	*count++ = '\0';
	if (units_parse_number(first, UINT32_MAX, &from) ||
		units_parse_number(count, UINT32_MAX, &number))
		return "FIRST and COUNT are not numbers below 4294967296";
	if (number == 0 || from + number > UINT32_MAX)
		return "not a range of uids";
	return principals_add(out, (uint32_t)from, (uint32_t)number, find_owner(line)) ? NULL
										       : no_memory;
}

/* False: no memory. */
static bool read_line(const char *path, unsigned int number, char *line, struct principals *out)
{
	const char *error;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return true;
	error = subuid_add(line, out);
	if (error && error != no_memory)
		log_write(LOG_WARNING, "%s:%u: left out: %s", path, number, error);
	return error != no_memory;
}

int subuid_read(const char *path, struct principals *out)
{
	FILE *stream = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool good = true;
	int error;

	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	for (unsigned int number = 1; good && getline(&line, &size, stream) >= 0; number++)
		good = read_line(path, number, line, out);
	error = !good ? -ENOMEM : ferror(stream) ? -EIO : 0;
	free(line);
	fclose(stream);
	return error;
}
