/* SPDX-License-Identifier: MIT */
/* What came out, for people. */
#include "bench/report.h"

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

static const char *base_name(enum operation operation)
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
	printf("CPU %d alone, of %ld (%s); %s; load before: %.2f\n", results->cpu, machine.cpus,
		machine.processor, machine.kernel, results->load_before);
	printf("%u rounds of %u runs each, of what is slow fewer\n", results->schedule.rounds,
		results->schedule.batch);
	if (machine.is_instrumented)
		puts("built with a sanitizer: these numbers say nothing about speed or memory");
}

static const char *verdict(bool met)
{
	return met ? "met" : "MISSED";
}

/* Returns 1 for a missed expectation. */
static unsigned int print_row(const struct competitor *competitor, enum operation operation,
	const struct measurement *measured)
{
	const double limit = competitor->at_most[operation];
	bool met = competitor_can(competitor, operation) && measured->against <= limit;

	if (!competitor->run[operation])
		return 0;
	printf("  %-38s", competitor->name);
	if (!competitor->is_present)
		printf("  missing: %s", competitor->missing);
	else
		printf("%9.2f%9.2f%8.2f", measured->median, measured->p99, measured->against);
	if (limit > 0)
		printf("  <= %.2f  %s", limit, verdict(met));
	putchar('\n');
	return limit > 0 && !met;
}

static unsigned int print_operation(const struct results *results, enum operation operation)
{
	const bool is_ratio = operation_scale(operation) == SCALE_RATIO;
	unsigned int missed = 0;

	printf("\n%s\n  %s \"%s\"\n", operation_text(operation),
		is_ratio ? "ratio: to" : "trips: round trips by \"libevent, no map\" more than",
		base_name(operation));
	printf("  %-38s%9s%9s%8s  expected\n", "microseconds", "median", "p99",
		is_ratio ? "ratio" : "trips");
	for (size_t i = 0; i < competitor_count; i++)
		missed += print_row(&competitors[i], operation, &results->operations[operation][i]);
	return missed;
}

static unsigned int print_line(
	const char *what, const char *unit, double measured, double limit, const char *note)
{
	const bool met = measured < limit;

	printf("  %-38s%9.0f %-7s  < %.0f  %s  %s\n", what, measured, unit, limit, verdict(met),
		note);
	return !met;
}

static unsigned int print_memory(const struct results *results)
{
	const struct memory *memory = &results->memory;
	unsigned int missed = 0;
	char note[64];

	puts("\nmemory of the broker");
	if (!results->has_memory) {
		puts("  not measured: no broker                             MISSED (all 3)");
		return 3;
	}
	snprintf(note, sizeof(note), "(anonymous %.0f, of files %.0f)", memory->idle_anon,
		memory->idle_file);
	missed += print_line("resident when idle", "KiB", memory->idle, MEMORY_IDLE_AT_MOST, note);
	snprintf(note, sizeof(note), "(of %u)", memory->segments);
	missed += print_line(
		"heap of each segment", "bytes", memory->each_segment, MEMORY_EACH_AT_MOST, note);
	snprintf(note, sizeof(note), "(of %u)", memory->connections);
	missed += print_line("heap of each connection", "bytes", memory->each_connection,
		MEMORY_EACH_AT_MOST, note);
	return missed;
}

static unsigned int print_recovery(const struct results *results)
{
	const struct recovery *recovery = &results->recovery;
	unsigned int missed = 0;
	char note[64];

	puts("\nwhen the broker is killed");
	if (!results->has_recovery) {
		puts("  not measured: no broker comes back                  MISSED (all 4)");
		return 4;
	}
	snprintf(note, sizeof(note), "(%u of them hold %u segments)", recovery->connections,
		recovery->segments);
	missed += print_line("until each client has its answer", "ms", recovery->answered,
		RECOVERY_AT_MOST, note);
	missed += print_line("until a new client has its first one", "ms", recovery->ready,
		RECOVERY_AT_MOST, "");
	snprintf(note, sizeof(note), "(of %u descriptors)", recovery->descriptors);
	missed += print_line("resident keeper", "KiB", recovery->keeper,
		recovery_keeper_at_most(recovery), note);
	missed += print_line("journal, each record", "ns", recovery->record, JOURNAL_RECORD_AT_MOST,
		"(hold, close and outcome, one commit)");
	return missed;
}

unsigned int report_table(const struct results *results)
{
	unsigned int missed = 0;

	print_machine(results);
	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++)
		missed += print_operation(results, operation);
	missed += print_memory(results);
	missed += print_recovery(results);
	printf("\nmissed expectations: %u\n", missed);
	return missed;
}
