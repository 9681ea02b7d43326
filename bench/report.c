/* SPDX-License-Identifier: MIT */
/* What came out, for people. */
#include "bench/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void report_machine(struct machine *machine)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	struct utsname name;
	char line[256];

	snprintf(machine->processor, sizeof(machine->processor), "unknown processor");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", machine->processor) == 1)
			break;
	}
	if (file)
		fclose(file);
	snprintf(machine->kernel, sizeof(machine->kernel), "unknown");
	if (uname(&name) == 0)
		snprintf(machine->kernel, sizeof(machine->kernel), "%s %s", name.sysname,
			name.release);
	machine->cpus = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef BENCH_INSTRUMENTED
	machine->is_instrumented = true;
#else
	machine->is_instrumented = false;
#endif
}

const char *report_base(enum operation operation)
{
	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].is_base[operation])
			return competitors[i].name;
	}
	return "nothing";
}

static void print_machine(const struct results *results)
{
	struct machine machine;

	report_machine(&machine);
	printf("%s, CPU %d of %ld; %s; load before: %.2f\n", machine.processor, results->cpu,
		machine.cpus, machine.kernel, results->load_before);
	if (results->other_cpu < 0)
		puts("two CPUs: missing: this process may run on one only");
	if (machine.is_instrumented)
		puts("built with a sanitizer: these numbers say nothing about speed or memory");
}

static const char *verdict(bool met)
{
	return met ? "met" : "MISSED";
}

double report_expected(enum operation operation, size_t pass, const struct competitor *competitor)
{
	return pass == PASS_TOGETHER ? competitor->at_most[operation] : 0;
}

/* Returns 1 for a missed expectation. */
static unsigned int print_row(const char *name, double limit, const struct measurement *measured)
{
	const bool met = measured->is_present && measured->against <= limit;

	printf("  %-38s", name);
	if (!measured->is_present)
		printf("  missing: %s", measured->missing);
	else
		printf("%9.2f%9.2f%9.2f", measured->median, measured->p99, measured->p999);
	if (measured->is_present && isnan(measured->against))
		printf("%8s", "-");
	else if (measured->is_present)
		printf("%8.2f", measured->against);
	if (limit > 0)
		printf("  <= %.2f  %s", limit, verdict(met));
	putchar('\n');
	return limit > 0 && !met;
}

static void print_heading(const struct results *results, size_t pass, enum operation operation)
{
	const bool is_ratio = operation_scale(operation) == SCALE_RATIO;

	printf("\n%s\n", operation_text(operation));
	if (pass == PASS_TOGETHER)
		printf("  all on CPU %d", results->cpu);
	else
		printf("  client on CPU %d, servers on CPU %d", results->cpu,
			results->passes[pass].server_cpu);
	printf(", %u rounds\n", results->passes[pass].rounds[operation]);
	printf("  %s \"%s\"\n",
		is_ratio ? "ratio: to" : "trips: round trips by \"libevent, no map\" more than",
		report_base(operation));
	printf("  %-38s%9s%9s%9s%8s  expected\n", "microseconds", "median", "p99", "p99.9",
		is_ratio ? "ratio" : "trips");
}

static unsigned int print_operation(
	const struct results *results, size_t pass, enum operation operation)
{
	const struct measurement *measured = results->passes[pass].measured[operation];
	unsigned int missed = 0;

	if (results->passes[pass].rounds[operation] == 0)
		return 0;
	print_heading(results, pass, operation);
	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].run[operation])
			missed += print_row(competitors[i].name,
				report_expected(operation, pass, &competitors[i]), &measured[i]);
	}
	return missed;
}

static void print_number(double number, int width)
{
	printf("%*.*f", width, fabs(number) < 100 ? 2 : 0, number);
}

static unsigned int print_line(const struct line *line)
{
	const bool met = line_is_met(line);

	printf("  %-38s", line->what);
	if (isnan(line->measured))
		printf("%9s", "-");
	else
		print_number(line->measured, 9);
	printf(" %-7s", line->unit);
	if (line->expected != 0) {
		fputs(line->at_least ? "  >= " : "  <= ", stdout);
		print_number(line->expected, 0);
		printf("  %s", verdict(met));
	}
	if (line->note[0])
		printf("  (%s)", line->note);
	putchar('\n');
	return !met;
}

/* What was measured before it went wrong is shown all the same. */
static unsigned int print_section(const struct section *section)
{
	unsigned int missed = 0;

	if (!section->key)
		return 0;
	printf("\n%s\n", section->title);
	for (size_t i = 0; i < section->count; i++)
		missed += print_line(&section->lines[i]);
	if (section->missing[0])
		printf("  missing: %s  %s\n", section->missing, verdict(false));
	return missed + (section->missing[0] != '\0');
}

unsigned int report_table(const struct results *results)
{
	unsigned int missed = 0;

	print_machine(results);
	for (size_t pass = 0; pass < PASS_COUNT; pass++)
		for (enum operation operation = 0; operation < OPERATION_COUNT; operation++)
			missed += print_operation(results, pass, operation);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		missed += print_section(&results->sections[i]);
	printf("\nmissed expectations: %u\n", missed);
	return missed;
}
