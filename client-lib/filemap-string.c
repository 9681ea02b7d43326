/* SPDX-License-Identifier: MIT */
/* Anonymous memory as a string. */
#include "client-lib/filemap-string.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static_assert(sizeof("2147483647:2:18446744073709551615:") - 1 + 32 + 1 == FILEMAP_STRING_SIZE,
	"the longest string fits exactly");

size_t filemap_string_write(const struct reference *reference, char text[FILEMAP_STRING_SIZE])
{
	return (size_t)snprintf(text, FILEMAP_STRING_SIZE,
		"%d:%d:%" PRIu64 ":%016" PRIx64 "%016" PRIx64, reference->fd,
		(int)reference->protection, reference->inode, reference->token_high,
		reference->token_low);
}

/* Not strtoul(3): that accepts blanks and signs, and what the locale adds. */
static bool read_decimal(const char **text, uint64_t max, uint64_t *out)
{
	const char *at = *text;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (at == *text || *at != ':')
		return false;
	*text = at + 1;
	*out = value;
	return true;
}

static bool read_hexadecimal(const char **text, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t value = 0;

	for (int i = 0; i < 16; i++, (*text)++) {
		const char *digit = **text ? strchr(digits, **text) : NULL;

		if (!digit)
			return false;
		value = value << 4 | (uint64_t)(digit - digits);
	}
	*out = value;
	return true;
}

bool filemap_string_read(const char *text, struct reference *out)
{
	const char *at = text;
	char again[FILEMAP_STRING_SIZE];
	struct reference reference;
	uint64_t fd;
	uint64_t protection;

	if (!read_decimal(&at, INT_MAX, &fd) ||
		!read_decimal(&at, PR_PROT_WRITECOPY, &protection) ||
		!read_decimal(&at, UINT64_MAX, &reference.inode) ||
		!read_hexadecimal(&at, &reference.token_high) ||
		!read_hexadecimal(&at, &reference.token_low))
		return false;
	reference.fd = (int)fd;
	reference.protection = (PRFileMapProtect)protection;
	/* One spelling only: this refuses leading zeros, and anything after the token. */
	filemap_string_write(&reference, again);
	if (strcmp(text, again) != 0)
		return false;
	*out = reference;
	return true;
}
