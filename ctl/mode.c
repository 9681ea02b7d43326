/* SPDX-License-Identifier: MIT */
/* The umask does not count, unlike in chmod(1): it does not count for segments at all. */
#include "ctl/mode.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool parse_octal(const char *text, mode_t *out)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*end != '\0' || mode > 0777)
		return false;
	*out = (mode_t)mode;
	return true;
}

/* The bits that a letter stands for, 0 if it is none of those. */
static mode_t bits(const char *letters, const mode_t *meanings, char letter)
{
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? meanings[found - letters] : 0;
}

/* One part, up to a comma or the end. */
static const char *parse_part(const char *text, mode_t *mode)
{
	static const mode_t whom[] = {0700, 0070, 0007, 0777};
	static const mode_t which[] = {0444, 0222};
	mode_t who = 0;
	mode_t what = 0;
	char action;

	for (mode_t found; (found = bits("ugoa", whom, *text)); text++)
		who |= found;
	if (who == 0)
		who = 0777;
	action = *text++;
	if (action != '+' && action != '-' && action != '=')
		return NULL;
	for (mode_t found; (found = bits("rw", which, *text)); text++)
		what |= found;
	if (action == '=')
		*mode &= ~who;
	if (action == '-')
		*mode &= ~(who & what);
	else
		*mode |= who & what;
	return *text == ',' || *text == '\0' ? text : NULL;
}

bool mode_parse(const char *text, mode_t old, mode_t *out)
{
	mode_t mode = old;

	if (text[0] >= '0' && text[0] <= '7')
		return parse_octal(text, out);
	while ((text = parse_part(text, &mode)) && *text == ',')
		text++;
	if (!text)
		return false;
	*out = mode;
	return true;
}
