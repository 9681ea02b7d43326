/* SPDX-License-Identifier: MIT */
/* The sections of the report, one after the other. */
#include "bench/section.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/tsv.h"

struct section {
	const char *key;
	const char *title;
	bool (*measure)(const struct place *place, const struct schedule *schedule);
};

static const struct section sections[] = {
#define X(name, key, title) {key, title, name##_measure},
	SECTIONS(X)
#undef X
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

__attribute__((format(printf, 1, 0))) static void put_formatted(
	const char *format, va_list arguments)
{
	char text[160];

	vsnprintf(text, sizeof(text), format, arguments);
	tsv_text(text);
}

/* expected: 0 for nothing. */
__attribute__((format(printf, 7, 0))) static bool put_line(const char *key, const char *what,
	const char *unit, double measured, const char *bound, double expected, const char *note,
	va_list arguments)
{
	tsv_begin("line");
	tsv_text(key);
	tsv_text(what);
	tsv_text(unit);
	tsv_number(measured);
	tsv_text(bound);
	tsv_number(expected > 0 ? expected : NAN);
	put_formatted(note, arguments);
	tsv_end();
	return true;
}

bool section_put(const char *key, const char *what, const char *unit, double measured,
	double at_most, const char *note, ...)
{
	va_list arguments;
	bool put;

	va_start(arguments, note);
	put = put_line(key, what, unit, measured, "<=", at_most, note, arguments);
	va_end(arguments);
	return put;
}

bool section_put_at_least(const char *key, const char *what, const char *unit, double measured,
	double at_least, const char *note, ...)
{
	va_list arguments;
	bool put;

	va_start(arguments, note);
	put = put_line(key, what, unit, measured, ">=", at_least, note, arguments);
	va_end(arguments);
	return put;
}

bool section_missing(const char *format, ...)
{
	va_list arguments;

	tsv_begin("missing");
	va_start(arguments, format);
	put_formatted(format, arguments);
	va_end(arguments);
	tsv_end();
	return false;
}

static void show_progress(const char *key)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s%s", key, *key ? " ..." : "");
}

struct section_of {
	const struct place *place;
	const struct schedule *schedule;
	const struct section *section;
};

static bool run_section(void *data)
{
	const struct section_of *of = data;

	return of->section->measure(of->place, of->schedule);
}

/* Of several reasons the report takes the first. */
static void measure_section(struct section_of *of)
{
	tsv_begin("section");
	tsv_text(of->section->key);
	tsv_text(of->section->title);
	tsv_end();
	show_progress(of->section->key);
	if (!measure_apart(run_section, of))
		section_missing("it went wrong");
	show_progress("");
}

bool sections_measure(const struct place *place, const struct schedule *schedule)
{
	for (size_t i = 0; i < SECTION_COUNT && !measure_interrupted; i++) {
		if (schedule_wants(schedule, sections[i].key))
			measure_section(&(struct section_of){place, schedule, &sections[i]});
	}
	return !measure_interrupted;
}

bool sections_know(const char *key)
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(key, sections[i].key) == 0)
			return true;
	}
	return false;
}
