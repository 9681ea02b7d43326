/* SPDX-License-Identifier: MIT */
/* The text of protocol one: entries of NSPR_INHERIT_FDS, written and read. */
#include "nspr-lib/entry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "prshm-map."

static_assert(sizeof(PREFIX) + 2 * HELD_NAME_MAX + 1 + FILEMAP_STRING_SIZE <= HELD_ENTRY_SIZE,
	"the longest entry fits");

static size_t write_name(const char *name, char entry[HELD_ENTRY_SIZE])
{
	size_t length = sizeof(PREFIX) - 1;

	memcpy(entry, PREFIX, length);
	for (; *name; name++)
		length += (size_t)snprintf(entry + length, 3, "%02x", (unsigned char)*name);
	entry[length++] = '.';
	return length;
}

static void replace(char *text, char from, char to)
{
	for (; *text; text++) {
		if (*text == from)
			*text = to;
	}
}

void entry_write(const char *name, const char *string, char entry[HELD_ENTRY_SIZE])
{
	size_t length = write_name(name, entry);

	snprintf(entry + length, HELD_ENTRY_SIZE - length, "%s", string);
	replace(entry + length, ':', '.');
}

/* What follows the next colon. NULL: there is no colon. */
static const char *next_field(const char *at)
{
	const char *colon = strchr(at, ':');

	return colon ? colon + 1 : NULL;
}

bool entry_find(const char *inherited, const char *name, char string[FILEMAP_STRING_SIZE])
{
	char wanted[HELD_ENTRY_SIZE];
	size_t length;
	bool found = false;

	if (strnlen(name, HELD_NAME_MAX + 1) > HELD_NAME_MAX)
		return false;
	length = write_name(name, wanted);
	for (const char *entry = inherited; entry;) {
		if (strncmp(entry, wanted, length) == 0) {
			size_t rest = strcspn(entry + length, ":");

			found = rest < FILEMAP_STRING_SIZE && entry[length + rest] == ':';
			if (found)
				snprintf(string, rest + 1, "%s", entry + length);
		}
		for (int field = 0; entry && field < 3; field++)
			entry = next_field(entry);
	}
	if (found)
		replace(string, '.', ':');
	return found;
}
