/* SPDX-License-Identifier: MIT */
/* Numbers and their units. */
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

#define BLANKS " \t"

/* Returns what follows the digits, or NULL with the reason in *error. */
static const char *take_digits(const char *text, uint64_t *number, const char **error)
{
	char *end;
	unsigned long long value;

	*error = NULL;
	if (text[0] < '0' || text[0] > '9') {
		*error = "not a number";
		return NULL;
	}
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0) {
		*error = "the number is too large";
		return NULL;
	}
	*number = value;
	return end;
}

/* Returns the unit, which may be "", or NULL with the reason in *error. */
static const char *take_unit(const char *text, uint64_t *number, const char **error)
{
	const char *unit = take_digits(text, number, error);

	if (!unit)
		return NULL;
	if (*unit && unit[1] >= '0' && unit[1] <= '9' && !strchr(BLANKS, *unit))
		*error = "not a whole number: digits alone, as 1536M for 1.5G";
	unit += strspn(unit, BLANKS);
	if (*unit == '%')
		*error = "a percentage is not understood: give a number, as 100, 64K or 2G";
	return *error ? NULL : unit;
}

static const char *multiply(uint64_t number, uint64_t factor, uint64_t maximum, uint64_t *out)
{
	if (number > maximum / factor)
		return "the number is too large";
	*out = number * factor;
	return NULL;
}

const char *units_parse_number(const char *text, uint64_t maximum, uint64_t *out)
{
	const char *error;
	uint64_t number;
	const char *rest = take_digits(text, &number, &error);

	if (!rest)
		return error;
	return *rest == '\0' ? multiply(number, 1, maximum, out) : "not a number";
}

/* "K", "KB" and "KiB" in small or large letters; "" and "B" are bytes. 0: not a unit. */
static uint64_t binary_factor(const char *unit)
{
	static const char letters[] = "kmgt";
	const char *letter = NULL;
	uint64_t factor = 1;

	if (*unit && strcasecmp(unit, "B") != 0) {
		letter = strchr(letters, *unit | 0x20);
		unit++;
		if (!letter || (*unit && strcasecmp(unit, "B") != 0 && strcasecmp(unit, "iB") != 0))
			return 0;
		factor = UINT64_C(1024) << 10 * (letter - letters);
	}
	return factor;
}

const char *units_parse_amount(const char *text, uint64_t maximum, uint64_t *out)
{
	const char *error;
	uint64_t number;
	const char *unit = take_unit(text, &number, &error);
	uint64_t factor;

	if (!unit)
		return error;
	factor = binary_factor(unit);
	if (factor == 0)
		return "an unknown unit: expected K, M, G or T, which may have B or iB behind it";
	return multiply(number, factor, maximum, out);
}

const char *units_parse_seconds(const char *text, uint64_t maximum, uint64_t *out)
{
	static const struct unit units[] = {
		{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	const char *error;
	uint64_t number;
	const char *unit = take_unit(text, &number, &error);

	if (!unit)
		return error;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(unit, units[i].name) == 0)
			return multiply(number, units[i].factor, maximum, out);
	}
	return "an unknown unit: expected s, min, h or d";
}

const char *units_count(uint64_t number, const char *thing, char out[UNITS_COUNT_MAX])
{
	snprintf(out, UNITS_COUNT_MAX, "%" PRIu64 " %s%s", number, thing, number == 1 ? "" : "s");
	return out;
}
