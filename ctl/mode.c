/* SPDX-License-Identifier: MIT */
/* The umask does not count, unlike in chmod(1): it does not count for segments at all. */
#include "ctl/mode.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED "expected a MODE: 0640, or like u+rw,o-w"

static const char *parse_octal(const char *text, mode_t *out)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*end != '\0')
		return EXPECTED;
	if (mode > 0777)
		return "a mode has nine bits, up to 0777; set-id and sticky bits mean nothing here";
	*out = (mode_t)mode;
	return NULL;
}

/* For a letter that chmod(1) knows, but that means nothing for a segment. */
static const char *explain_letter(char letter)
{
	switch (letter) {
	case 'x':
	case 'X':
		return "x is refused: a segment is read and written, and never executed";
	case 's':
	case 't':
		return "s and t are refused: a segment has neither set-id nor sticky bits";
	default:
		return EXPECTED;
	}
}

/* The bits that a letter stands for, 0 if it is none of those. */
static mode_t bits(const char *letters, const mode_t *meanings, char letter)
{
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? meanings[found - letters] : 0;
}

/* One part, up to a comma or the end; returns its end, or NULL with what is *wrong. */
static const char *parse_part(const char *text, mode_t *mode, const char **wrong)
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
	action = *text;
	*wrong = EXPECTED;
	if (action != '+' && action != '-' && action != '=')
		return NULL;
	text++;
	for (mode_t found; (found = bits("rw", which, *text)); text++)
		what |= found;
	if (action == '=')
		*mode &= ~who;
	if (action == '-')
		*mode &= ~(who & what);
	else
		*mode |= who & what;
	*wrong = explain_letter(*text);
	return *text == ',' || *text == '\0' ? text : NULL;
}

const char *mode_parse(const char *text, mode_t old, mode_t *out)
{
	mode_t mode = old;
	const char *wrong;

	if (text[0] >= '0' && text[0] <= '7')
		return parse_octal(text, out);
	while ((text = parse_part(text, &mode, &wrong)) && *text == ',')
		text++;
	if (!text)
		return wrong;
	*out = mode;
	return NULL;
}
