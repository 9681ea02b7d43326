/* SPDX-License-Identifier: MIT */
/*
 * The normal form of a name. The client brings every name into this form, and the broker refuses
 * any other name: a rule about "/home/" would be useless if "//home/" got around that rule.
 */
#include "wire/wire.h"

#include <string.h>

static bool part_is_normal(const char *part, size_t length)
{
	if (length == 0 || memchr(part, '\0', length))
		return false;
	return !(part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.')));
}

enum status wire_check_name(const char *name, size_t length)
{
	const char *end = name + length;

	if (length < 2 || length > WIRE_NAME_MAX || name[0] != '/')
		return STATUS_BAD_NAME;
	for (const char *part = name + 1;; part++) {
		const char *slash = memchr(part, '/', (size_t)(end - part));
		size_t part_length = (size_t)((slash ? slash : end) - part);

		if (!part_is_normal(part, part_length))
			return STATUS_BAD_NAME;
		if (part_length > WIRE_PART_MAX)
			return STATUS_NAME_TOO_LONG;
		if (!slash)
			return STATUS_OK;
		part = slash;
	}
}
