/* SPDX-License-Identifier: MIT */
/*
 * JSON strings. libsmartcols is not used for them: it copies bytes that are not UTF-8, and then a
 * reader of JSON refuses the whole text.
 */
#include "ctl/text.h"

#include <string.h>

/*
 * The bytes of the character that text begins with, or 0 where it is not UTF-8: RFC 3629, table in
 * 4. The second byte's range is what keeps out long forms, surrogates and what is above U+10FFFF.
 */
static size_t utf8(const unsigned char *text)
{
	static const struct {
		unsigned char first, last; /* of the first byte */
		unsigned char second_low, second_high;
		size_t length;
	} forms[] = {
		{0x01, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].length > 1 &&
			(text[1] < forms[i].second_low || text[1] > forms[i].second_high))
			return 0;
		/* The NUL at the end is no such byte, so nothing behind it is looked at. */
		for (size_t byte = 2; byte < forms[i].length; byte++) {
			if ((text[byte] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

void text_print_json(const char *text, FILE *to)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', to);
	while (*at) {
		size_t length = utf8(at);

		if (length == 0)
			fprintf(to, "\\udc%02x", (unsigned int)*at);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(to, "\\u%04x", (unsigned int)*at);
		else if (*at == '"' || *at == '\\')
			fprintf(to, "\\%c", *at);
		else
			fwrite(at, 1, length, to);
		at += length > 0 ? length : 1;
	}
	fputc('"', to);
}
