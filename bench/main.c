/* SPDX-License-Identifier: MIT */
/*
 * bench: prshm beside the other ways to share memory by name. All of one run, client and broker on
 * one CPU: with two, what is measured is how long an idle CPU takes to wake up.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/memory.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/spawn.h"

static void interrupt(int signal_number)
{
	(void)signal_number;
	measure_interrupted = 1;
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
	if (ok)
		results->has_recovery = recovery_measure(place, &results->recovery);
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
	struct results results = {0};
	int status = spawned_main(argc, argv);
	bool ok;

	if (status < 0)
		status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	results.schedule = options.schedule;
	results.load_before = place_load();
	results.cpu = place_pin(options.cpu);
	if (results.cpu < 0) {
		fprintf(stderr, "bench: cannot run on CPU %d: %s\n", options.cpu, strerror(errno));
		return 1;
	}
	if (!place_init(&options.place))
		return 1;
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	ok = run(&options.place, &results);
	place_deinit(&options.place);
	if (measure_interrupted)
		fputs("bench: interrupted\n", stderr);
	ok = ok && report(&results, options.json);
	for (size_t i = 0; i < OPERATION_COUNT; i++)
		free(results.operations[i]);
	return ok ? 0 : 1;
}
