/* SPDX-License-Identifier: MIT */
/*
 * What came out, for plot.gp: of each operation that is measured on one CPU and on two, OPERATION
 * .times.tsv, a competitor a row; of each section that has points, SECTION.points.tsv, a series a
 * block. Above them what it is; of operations also the base, and how many passes there were. "?" is
 * what is missing.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"

/* Who is drawn how. */
enum kind { KIND_FLOOR, KIND_OURS, KIND_OTHER };

static enum kind kind_of(const char *name)
{
	return strncmp(name, "floor:", 6) == 0  ? KIND_FLOOR
	       : strncmp(name, "prshm", 5) == 0 ? KIND_OURS
						: KIND_OTHER;
}

static FILE *create(const char *directory, const char *key, const char *kind)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s.tsv", directory, key, kind);
	file = fopen(path, "we");
	if (!file)
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	return file;
}

static bool finish(FILE *file)
{
	bool ok = !ferror(file);

	ok = fclose(file) == 0 && ok;
	if (!ok)
		fprintf(stderr, "bench: a table: %s\n", strerror(errno));
	return ok;
}

static void put_number(FILE *file, bool is_there, double number)
{
	if (is_there && isfinite(number))
		fprintf(file, "\t%.6g", number);
	else
		fputs("\t?", file);
}

/* Columns: name, kind; then of each pass: median, p99, p99.9, ratio. */
static void put_row(
	FILE *file, const struct results *results, enum operation operation, size_t competitor)
{
	const char *name = competitors[competitor].name;

	fprintf(file, "%s\t%d", name, (int)kind_of(name));
	for (size_t pass = 0; pass < PASS_COUNT; pass++) {
		static const struct measurement none;
		const struct measurement *measured =
			results->passes[pass].rounds[operation] > 0
				? &results->passes[pass].measured[operation][competitor]
				: &none;

		put_number(file, measured->is_present, measured->median);
		put_number(file, measured->is_present, measured->p99);
		put_number(file, measured->is_present, measured->p999);
		put_number(file, measured->is_present, measured->against);
	}
	putc('\n', file);
}

/* The others are named in the report. */
static bool is_there(const struct results *results, enum operation operation, size_t competitor)
{
	return competitors[competitor].run[operation] &&
	       results->passes[PASS_TOGETHER].measured[operation][competitor].is_present;
}

static bool write_times(
	const struct results *results, enum operation operation, const char *directory)
{
	FILE *file = create(directory, operation_key(operation), "times");

	if (!file)
		return false;
	fprintf(file, "# %s\n# %s\n# %d\n", operation_text(operation), report_base(operation),
		results->passes[PASS_APART].rounds[operation] > 0 ? 2 : 1);
	for (size_t i = 0; i < competitor_count; i++) {
		if (is_there(results, operation, i))
			put_row(file, results, operation, i);
	}
	return finish(file);
}

/* The series of a line that is a point, or NULL. */
static const char *series_of(const struct line *line, double *x)
{
	char *end;

	*x = strtod(line->key, &end);
	return end != line->key && *end == '/' ? end + 1 : NULL;
}

/* Whether it is the first point of its series. */
static bool begins_series(const struct section *section, size_t index)
{
	double x;
	const char *own = series_of(&section->lines[index], &x);

	for (size_t i = 0; own && i < index; i++) {
		const char *other = series_of(&section->lines[i], &x);

		if (other && strcmp(own, other) == 0)
			return false;
	}
	return own;
}

/* Its name, alone on a line; then of each point: x, y, kind. */
static void put_series(FILE *file, const struct section *section, const char *name)
{
	fprintf(file, "\n\n%s\n", name); /* two empty lines part two blocks */
	for (size_t i = 0; i < section->count; i++) {
		double x;
		const char *series = series_of(&section->lines[i], &x);

		if (!series || strcmp(series, name) != 0)
			continue;
		fprintf(file, "%.6g", x);
		put_number(file, true, section->lines[i].measured);
		fprintf(file, "\t%d\n", (int)kind_of(name));
	}
}

static bool write_points(const struct section *section, const char *directory)
{
	FILE *file = NULL;

	for (size_t i = 0; i < section->count; i++) {
		double x;

		if (!begins_series(section, i))
			continue;
		if (!file) {
			file = create(directory, section->key, "points");
			if (!file)
				return false;
			fprintf(file, "# %s, %s\n", section->title, section->lines[i].unit);
		}
		put_series(file, section, series_of(&section->lines[i], &x));
	}
	return !file || finish(file);
}

bool report_tables(const struct results *results, const char *directory)
{
	bool ok = true;

	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
		if (operation_apart(operation) &&
			results->passes[PASS_TOGETHER].rounds[operation] > 0)
			ok = write_times(results, operation, directory) && ok;
	}
	for (size_t i = 0; i < SECTION_COUNT; i++)
		ok = write_points(&results->sections[i], directory) && ok;
	return ok;
}
