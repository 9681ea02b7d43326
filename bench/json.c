/* SPDX-License-Identifier: MIT */
/* What came out, for programs: the table's numbers, unrounded, and what was expected of them. */
#include "bench/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_string(FILE *file, const char *text)
{
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', file);
		if ((unsigned char)*text >= ' ')
			putc(*text, file);
	}
	putc('"', file);
}

static void put_machine(FILE *file, const struct results *results)
{
	struct machine machine;

	report_machine(&machine);
	fputs("  \"machine\": {\"processor\": ", file);
	put_string(file, machine.processor);
	fputs(", \"kernel\": ", file);
	put_string(file, machine.kernel);
	fprintf(file, ", \"cpus\": %ld, \"load\": %.2f},\n", machine.cpus, results->load_before);
	fprintf(file, "  \"instrumented\": %s,\n", machine.is_instrumented ? "true" : "false");
}

static void put_number(FILE *file, const char *key, double number)
{
	fprintf(file, ", \"%s\": ", key);
	if (isnan(number)) /* JSON has no such number */
		fputs("null", file);
	else
		fprintf(file, "%.10g", number);
}

static void put_text(FILE *file, const char *key, const char *text)
{
	fprintf(file, ", \"%s\": ", key);
	put_string(file, text);
}

static void put_measured(FILE *file, enum operation operation, const struct measurement *measured)
{
	put_number(file, "median_us", measured->median);
	put_number(file, "p99_us", measured->p99);
	put_number(file, "p999_us", measured->p999);
	put_number(file, operation_scale(operation) == SCALE_RATIO ? "ratio" : "round_trips_more",
		measured->against);
}

static void put_row(FILE *file, const struct competitor *competitor, enum operation operation,
	const struct results *results, size_t pass)
{
	const struct measurement *measured =
		&results->passes[pass].measured[operation][competitor - competitors];
	const double expected = report_expected(operation, pass, competitor);

	fputs("    {\"operation\": ", file);
	put_string(file, operation_key(operation));
	fprintf(file, ", \"cpu\": %d, \"server_cpu\": %d", results->cpu,
		results->passes[pass].server_cpu);
	put_text(file, "competitor", competitor->name);
	if (measured->is_present)
		put_measured(file, operation, measured);
	else
		put_text(file, "missing", measured->missing);
	if (expected > 0)
		put_number(file, "expected_at_most", expected);
	fprintf(file, ", \"rounds\": %u}", results->passes[pass].rounds[operation]);
}

static const char *put_pass(
	FILE *file, const struct results *results, size_t pass, const char *separator)
{
	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
		for (size_t i = 0; i < competitor_count; i++) {
			if (!competitors[i].run[operation] ||
				results->passes[pass].rounds[operation] == 0)
				continue;
			fputs(separator, file);
			separator = ",\n";
			put_row(file, &competitors[i], operation, results, pass);
		}
	}
	return separator;
}

static void put_rows(FILE *file, const struct results *results)
{
	const char *separator = "\n";

	fputs("  \"times\": [", file);
	for (size_t pass = 0; pass < PASS_COUNT; pass++)
		separator = put_pass(file, results, pass, separator);
	fputs("\n  ],\n", file);
}

static void put_line(FILE *file, const struct line *line)
{
	fputs("      {\"key\": ", file);
	put_string(file, line->key);
	put_text(file, "what", line->what);
	put_text(file, "unit", line->unit);
	put_number(file, "measured", line->measured);
	if (line->expected != 0) {
		put_number(file, line->at_least ? "expected_at_least" : "expected_at_most",
			line->expected);
		fprintf(file, ", \"met\": %s", line_is_met(line) ? "true" : "false");
	}
	if (line->note[0])
		put_text(file, "note", line->note);
	putc('}', file);
}

static void put_section(FILE *file, const struct section *section)
{
	const char *separator = "\n";

	fputs("    ", file);
	put_string(file, section->key);
	fputs(": {\"title\": ", file);
	put_string(file, section->title);
	if (section->missing[0])
		put_text(file, "missing", section->missing);
	fputs(", \"lines\": [", file);
	for (size_t i = 0; i < section->count; i++) {
		fputs(separator, file);
		separator = ",\n";
		put_line(file, &section->lines[i]);
	}
	fputs("\n    ]}", file);
}

static void put_sections(FILE *file, const struct results *results)
{
	const char *separator = "\n";

	fputs("  \"sections\": {", file);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (!results->sections[i].key)
			continue;
		fputs(separator, file);
		separator = ",\n";
		put_section(file, &results->sections[i]);
	}
	fputs("\n  },\n", file);
}

bool report_json(const struct results *results, unsigned int missed, const char *path)
{
	FILE *file = fopen(path, "we");
	bool ok = file;

	if (file) {
		fputs("{\n", file);
		put_machine(file, results);
		put_rows(file, results);
		put_sections(file, results);
		fprintf(file, "  \"missed\": %u\n}\n", missed);
		ok = !ferror(file);
		ok = fclose(file) == 0 && ok;
	}
	if (!ok)
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	return ok;
}
