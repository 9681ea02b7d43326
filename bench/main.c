/* SPDX-License-Identifier: MIT */
/*
 * bench: prshm beside the other ways to share memory by name. All of one run, client and broker on
 * one CPU: with two, what is measured is how long an idle CPU takes to wake up.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/memory.h"
#include "bench/options.h"
#include "bench/report.h"

/* The children of this process inherit it. Returns the CPU, or -1. */
static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0 && sched_getaffinity(0, sizeof(set), &set) == 0) {
		for (unsigned int i = 0; i < CPU_SETSIZE; i++) {
			if (CPU_ISSET(i, &set))
				cpu = (int)i;
		}
	}
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -1;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? cpu : -1;
}

/* On tmpfs where there is one, which is NSPR's best case: it makes a file for each segment. */
static bool place_init(struct place *place, const struct options *options)
{
	static const char *const parents[] = {"/dev/shm", "/tmp"};

	place->client_library = options->client_library;
	place->daemon_program = options->daemon_program;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		snprintf(place->directory, sizeof(place->directory), "%s/prshm-bench.XXXXXX",
			parents[i]);
		if (!mkdtemp(place->directory))
			continue;
		snprintf(
			place->existing, sizeof(place->existing), "%s/segment-a", place->directory);
		snprintf(place->created, sizeof(place->created), "%s/segment-b", place->directory);
		return true;
	}
	fprintf(stderr, "bench: no directory for its files: %s\n", strerror(errno));
	return false;
}

/* NSPR leaves its file where a run was cut short. */
static void place_deinit(const struct place *place)
{
	unlink(place->existing);
	unlink(place->created);
	rmdir(place->directory);
}

static void interrupt(int signal_number)
{
	(void)signal_number;
	measure_interrupted = 1;
}

static double load_average(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? load : 0;
}

static bool run(const struct place *place, struct results *results)
{
	bool ok = true;

	competitors_setup(place);
	for (enum operation operation = 0; ok && operation < OPERATION_COUNT; operation++) {
		results->operations[operation] =
			calloc(competitor_count, sizeof(struct measurement));
		ok = results->operations[operation] &&
		     measure(operation, &results->schedule, results->operations[operation]);
	}
	competitors_teardown();
	if (ok)
		results->has_memory = memory_measure(place, &results->memory);
	return ok;
}

static bool report(const struct results *results, const char *json)
{
	unsigned int missed = report_table(results);

	return fflush(stdout) == 0 && (!json || report_json(results, missed, json));
}

int main(int argc, char **argv)
{
	struct options options;
	struct place place;
	struct results results = {0};
	int status = options_parse(&options, argc, argv);
	bool ok;

	if (status >= 0)
		return status;
	results.schedule = options.schedule;
	results.load_before = load_average();
	results.cpu = pin(options.cpu);
	if (results.cpu < 0) {
		fprintf(stderr, "bench: cannot run on CPU %d: %s\n", options.cpu, strerror(errno));
		return 1;
	}
	if (!place_init(&place, &options))
		return 1;
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	ok = run(&place, &results);
	place_deinit(&place);
	if (measure_interrupted)
		fputs("bench: interrupted\n", stderr);
	ok = ok && report(&results, options.json);
	for (size_t i = 0; i < OPERATION_COUNT; i++)
		free(results.operations[i]);
	return ok ? 0 : 1;
}
