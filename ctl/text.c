/* SPDX-License-Identifier: MIT */
/* Sizes, times and escaped names; text-json.c has JSON. */
#include "ctl/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

void *text_need(void *allocated)
{
	if (allocated)
		return allocated;
	fputs("prshmctl: out of memory\n", stderr);
	exit(1);
}

/*
 * The bytes of the printable character that text begins with, or 0; in a word, neither a space nor
 * a backslash is printable. A character that takes no column is not printable: a mark that changes
 * the direction of writing, for example, would disguise the rest of the line.
 */
static size_t printable(const char *text, size_t left, bool word)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t length = mbrtowc(&character, text, left, &state);

	if (length == 0 || length > left)
		return 0;
	if (word && (character == L'\\' || iswspace((wint_t)character)))
		return 0;
	return iswprint((wint_t)character) && wcwidth(character) > 0 ? length : 0;
}

static char *escape(const char *text, bool word)
{
	size_t left = strlen(text);
	char *escaped = text_need(malloc(4 * left + 1));
	char *out = escaped;

	while (left > 0) {
		size_t length = printable(text, left, word);

		if (length > 0) {
			out = mempcpy(out, text, length);
		} else {
			length = 1;
			out += sprintf(out, "\\x%02x", (unsigned int)(unsigned char)*text);
		}
		text += length;
		left -= length;
	}
	*out = '\0';
	return escaped;
}

char *text_escape(const char *text)
{
	return escape(text, true);
}

char *text_escape_line(const char *text)
{
	return escape(text, false);
}

void text_print_line(FILE *to, const char *format, va_list arguments)
{
	char *text;
	const int length = vasprintf(&text, format, arguments);
	char *escaped = text_escape_line(text_need(length < 0 ? NULL : text));

	fprintf(to, "%s\n", escaped);
	free(escaped);
	free(text);
}

char *text_quote(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+:,@%=";
	char *quoted;
	char *out;

	if (text[0] != '\0' && text[0] != '-' && strspn(text, plain) == strlen(text))
		return text_need(strdup(text));
	quoted = text_need(malloc(4 * strlen(text) + sizeof("$''")));
	out = stpcpy(quoted, "$'");
	for (; *text; text++) {
		if (strchr(plain, *text))
			*out++ = *text;
		else
			out += sprintf(out, "\\x%02x", (unsigned int)(unsigned char)*text);
	}
	strcpy(out, "'");
	return quoted;
}

const char *text_size(uint64_t bytes, char out[TEXT_NUMBER_MAX])
{
	static const char units[] = "KMGTPE";
	uint64_t unit = 1024;
	size_t index = 0;
	uint64_t tenth;

	if (bytes < unit) {
		snprintf(out, TEXT_NUMBER_MAX, "%" PRIu64, bytes);
		return out;
	}
	while (bytes / unit >= 1024) {
		unit *= 1024;
		index++;
	}
	tenth = bytes % unit / (unit / 1024) * 10 / 1024;
	if (bytes / unit < 10 && tenth > 0)
		snprintf(out, TEXT_NUMBER_MAX, "%" PRIu64 ".%" PRIu64 "%c", bytes / unit, tenth,
			units[index]);
	else
		snprintf(out, TEXT_NUMBER_MAX, "%" PRIu64 "%c", bytes / unit, units[index]);
	return out;
}

const char *text_duration(uint64_t seconds, char out[TEXT_NUMBER_MAX])
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	snprintf(out, TEXT_NUMBER_MAX, "%" PRIu64 "%s", seconds / units[i].seconds, units[i].name);
	return out;
}

const char *text_time(uint64_t seconds, char out[TEXT_NUMBER_MAX])
{
	const time_t time = (time_t)seconds;
	struct tm local;

	if (!localtime_r(&time, &local) ||
		strftime(out, TEXT_NUMBER_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(out, TEXT_NUMBER_MAX, "@%" PRIu64, seconds);
	return out;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* The number, and what follows it. NULL: no number, or one that is too large. */
static const char *parse_digits(const char *text, uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return NULL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 ? end : NULL;
}

/*
 * The number, and its unit; blanks before the unit do not count. NULL: no number, or one that is
 * too large.
 */
static const char *parse_with_unit(const char *text, uint64_t *out)
{
	const char *rest = parse_digits(text, out);

	return rest ? rest + strspn(rest, " \t") : NULL;
}

bool text_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	uint64_t value;
	const char *rest = parse_digits(text, &value);

	if (!rest || *rest != '\0' || value < least || value > most)
		return false;
	*number = value;
	return true;
}

/*
 * "", "B", or K, M, G, T with or without "B" or "iB", in small or large letters. 0: none of these.
 */
static uint64_t size_factor(const char *unit)
{
	static const char letters[] = "kmgt";
	const char *letter;

	if (*unit == '\0' || strcasecmp(unit, "B") == 0)
		return 1;
	letter = strchr(letters, *unit | 0x20);
	if (!letter ||
		(unit[1] && strcasecmp(unit + 1, "B") != 0 && strcasecmp(unit + 1, "iB") != 0))
		return 0;
	return UINT64_C(1024) << 10 * (letter - letters);
}

bool text_parse_size(const char *text, size_t *bytes)
{
	uint64_t number;
	const char *unit = parse_with_unit(text, &number);
	const uint64_t factor = unit ? size_factor(unit) : 0;
	const uint64_t maximum = SIZE_MAX < INT64_MAX ? SIZE_MAX : INT64_MAX;

	if (factor == 0 || number > maximum / factor)
		return false;
	*bytes = (size_t)(number * factor);
	return true;
}

bool text_parse_ms(const char *text, uint64_t *milliseconds)
{
	static const struct unit units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"min", 60000},
		{"h", 3600000}, {"d", 86400000}};
	uint64_t number;
	const char *unit = parse_with_unit(text, &number);

	for (size_t i = 0; unit && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (number > UINT64_C(1000) * INT32_MAX / units[i].factor)
			return false;
		*milliseconds = number * units[i].factor;
		return true;
	}
	return false;
}

bool text_parse_duration(const char *text, uint32_t *seconds)
{
	uint64_t milliseconds;

	if (!text_parse_ms(text, &milliseconds) || milliseconds % 1000 != 0)
		return false;
	*seconds = (uint32_t)(milliseconds / 1000);
	return true;
}

const char *text_count(uint64_t number, const char *thing, char out[TEXT_COUNT_MAX])
{
	snprintf(out, TEXT_COUNT_MAX, "%" PRIu64 " %s%s", number, thing, number == 1 ? "" : "s");
	return out;
}
