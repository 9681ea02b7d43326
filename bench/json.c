/* SPDX-License-Identifier: MIT */
/* What came out, for programs: the table's numbers, unrounded, and what was expected of them. */
#include "bench/report.h"

#include <errno.h>
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
	fprintf(file, ", \"cpus\": %ld, \"cpu\": %d, \"load\": %.2f},\n", machine.cpus,
		results->cpu, results->load_before);
	fprintf(file, "  \"rounds\": %u,\n  \"batch\": %u,\n  \"instrumented\": %s,\n",
		results->schedule.rounds, results->schedule.batch,
		machine.is_instrumented ? "true" : "false");
}

static void put_row(FILE *file, const struct competitor *competitor, enum operation operation,
	const struct measurement *measured)
{
	fputs("    {\"operation\": ", file);
	put_string(file, operation_key(operation));
	fputs(", \"competitor\": ", file);
	put_string(file, competitor->name);
	if (competitor->is_present) {
		fprintf(file, ", \"median_us\": %.4f, \"p99_us\": %.4f, \"%s\": %.4f",
			measured->median, measured->p99,
			operation_scale(operation) == SCALE_RATIO ? "ratio" : "round_trips_more",
			measured->against);
	} else {
		fputs(", \"missing\": ", file);
		put_string(file, competitor->missing);
	}
	if (competitor->at_most[operation] > 0)
		fprintf(file, ", \"expected_at_most\": %.2f", competitor->at_most[operation]);
	putc('}', file);
}

static void put_rows(FILE *file, const struct results *results)
{
	const char *separator = "\n";

	fputs("  \"times\": [", file);
	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
		for (size_t i = 0; i < competitor_count; i++) {
			if (!competitors[i].run[operation])
				continue;
			fputs(separator, file);
			separator = ",\n";
			put_row(file, &competitors[i], operation,
				&results->operations[operation][i]);
		}
	}
	fputs("\n  ],\n", file);
}

static void put_memory(FILE *file, const struct results *results)
{
	const struct memory *memory = &results->memory;

	if (!results->has_memory) {
		fputs("  \"memory\": null,\n", file);
		return;
	}
	fprintf(file,
		"  \"memory\": {\"idle_kib\": %.0f, \"idle_anon_kib\": %.0f, "
		"\"idle_file_kib\": %.0f, \"expected_idle_below_kib\": %.0f,\n"
		"    \"segments\": %u, \"bytes_a_segment\": %.1f, "
		"\"connections\": %u, \"bytes_a_connection\": %.1f, "
		"\"expected_bytes_below\": %.0f},\n",
		memory->idle, memory->idle_anon, memory->idle_file, MEMORY_IDLE_AT_MOST,
		memory->segments, memory->each_segment, memory->connections,
		memory->each_connection, MEMORY_EACH_AT_MOST);
}

static void put_recovery(FILE *file, const struct results *results)
{
	const struct recovery *recovery = &results->recovery;

	if (!results->has_recovery) {
		fputs("  \"recovery\": null,\n", file);
		return;
	}
	fprintf(file,
		"  \"recovery\": {\"segments\": %u, \"connections\": %u, \"answered_ms\": %.2f, "
		"\"ready_ms\": %.2f, \"expected_below_ms\": %.0f,\n"
		"    \"descriptors\": %u, \"keeper_kib\": %.0f, \"expected_keeper_below_kib\": "
		"%.0f, "
		"\"journal_record_ns\": %.1f, \"expected_record_below_ns\": %.0f},\n",
		recovery->segments, recovery->connections, recovery->answered, recovery->ready,
		RECOVERY_AT_MOST, recovery->descriptors, recovery->keeper,
		recovery_keeper_at_most(recovery), recovery->record, JOURNAL_RECORD_AT_MOST);
}

bool report_json(const struct results *results, unsigned int missed, const char *path)
{
	FILE *file = fopen(path, "we");
	bool ok = file;

	if (file) {
		fputs("{\n", file);
		put_machine(file, results);
		put_rows(file, results);
		put_memory(file, results);
		put_recovery(file, results);
		fprintf(file, "  \"missed\": %u\n}\n", missed);
		ok = !ferror(file);
		ok = fclose(file) == 0 && ok;
	}
	if (!ok)
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	return ok;
}
