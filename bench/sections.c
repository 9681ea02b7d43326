/* SPDX-License-Identifier: MIT */
/* The sections of the report, one after the other, and the lists of lines that they come to. */
#include "bench/section.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *key;
	const char *title;
	bool (*measure)(const struct place *place, const struct schedule *schedule,
		struct section *section);
} table[SECTION_COUNT] = {
#define X(name, key, title) {key, title, name##_measure},
	SECTIONS(X)
#undef X
};

struct line *section_add(
	struct section *section, const char *key, const char *what, const char *unit)
{
	struct line *line;

	if (section->count == SECTION_LINES_MAX)
		return NULL;
	line = &section->lines[section->count++];
	*line = (struct line){.expected = 0};
	snprintf(line->key, sizeof(line->key), "%s", key);
	snprintf(line->what, sizeof(line->what), "%s", what);
	snprintf(line->unit, sizeof(line->unit), "%s", unit);
	return line;
}

bool section_put(struct section *section, const char *key, const char *what, const char *unit,
	double measured, double at_most, const char *note, ...)
{
	struct line *line = section_add(section, key, what, unit);
	va_list arguments;

	if (!line)
		return false;
	line->measured = measured;
	line->expected = at_most;
	va_start(arguments, note);
	vsnprintf(line->note, sizeof(line->note), note, arguments);
	va_end(arguments);
	return true;
}

bool section_missing(struct section *section, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(section->missing, sizeof(section->missing), format, arguments);
	va_end(arguments);
	return false;
}

bool line_is_met(const struct line *line)
{
	if (line->expected == 0)
		return true;
	/* Neither is true of what is not a number. */
	return line->at_least ? line->measured >= line->expected : line->measured <= line->expected;
}

static void show_progress(const char *key)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s%s", key, *key ? " ..." : "");
}

struct section_of {
	const struct place *place;
	const struct schedule *schedule;
	struct section *section;
	size_t number; /* in the table */
};

static bool run_section(void *data)
{
	const struct section_of *of = data;

	return table[of->number].measure(of->place, of->schedule, of->section);
}

bool sections_measure(const struct place *place, const struct schedule *schedule,
	struct section sections[SECTION_COUNT])
{
	for (size_t i = 0; i < SECTION_COUNT && !measure_interrupted; i++) {
		struct section *section = &sections[i];

		if (!schedule_wants(schedule, table[i].key))
			continue;
		*section = (struct section){.key = table[i].key, .title = table[i].title};
		show_progress(section->key);
		if (!measure_apart(run_section,
			    &(struct section_of){place, schedule, section, i}) &&
			!section->missing[0])
			section_missing(section, "it went wrong");
		show_progress("");
	}
	return !measure_interrupted;
}

bool sections_know(const char *key)
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(key, table[i].key) == 0)
			return true;
	}
	return false;
}
