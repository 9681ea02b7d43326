/* SPDX-License-Identifier: MIT */
/*
 * bench: prshm beside the other ways to share memory by name. All of one run: first client and
 * servers on one CPU; then the servers on another, where much of the time is how long an idle CPU
 * takes to wake up; then the sections.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/section.h"
#include "bench/spawn.h"

static void interrupt(int signal_number)
{
	(void)signal_number;
	measure_interrupted = 1;
	if (measure_child > 0)
		kill(measure_child, SIGTERM);
}

struct pass_of {
	const struct place *place;
	const struct schedule *schedule;
	struct pass *pass;
};

static bool run_pass(void *data)
{
	const struct pass_of *of = data;
	struct pass *pass = of->pass;
	bool ok = competitors_setup(of->place, pass->wanted);

	for (enum operation operation = 0; ok && operation < OPERATION_COUNT; operation++) {
		if (!pass->wanted[operation])
			continue;
		pass->rounds[operation] =
			measure(operation, of->schedule, pass->measured[operation]);
		ok = pass->rounds[operation] > 0;
	}
	competitors_teardown();
	return ok;
}

static bool wants(const struct results *results, size_t pass, enum operation operation)
{
	return schedule_wants(&results->schedule, operation_key(operation)) &&
	       (pass == PASS_TOGETHER || (results->other_cpu >= 0 && operation_apart(operation)));
}

static bool run(struct place *place, struct results *results)
{
	bool ok = true;

	for (size_t number = 0; ok && number < PASS_COUNT; number++) {
		struct pass *pass = &results->passes[number];
		bool any = false;

		for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
			pass->wanted[operation] = wants(results, number, operation);
			any = any || pass->wanted[operation];
		}
		pass->server_cpu = number == PASS_APART ? place->other_cpu : place->cpu;
		place->server_cpu = pass->server_cpu;
		ok = !any || measure_apart(run_pass,
				     &(struct pass_of){place, &results->schedule, pass});
	}
	place->server_cpu = place->cpu;
	return ok && sections_measure(place, &results->schedule, results->sections);
}

static bool report(const struct results *results, const struct options *options)
{
	unsigned int missed = report_table(results);

	return fflush(stdout) == 0 &&
	       (!options->json || report_json(results, missed, options->json)) &&
	       (!options->tables || report_tables(results, options->tables));
}

/* In memory that is shared with the processes of the passes. */
static struct results *results_new(const struct options *options)
{
	const size_t row = competitor_count * sizeof(struct measurement);
	const size_t size = sizeof(struct results) + PASS_COUNT * OPERATION_COUNT * row;
	struct results *results =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct measurement *next;

	if (results == MAP_FAILED)
		return NULL;
	next = (struct measurement *)(results + 1);
	for (size_t pass = 0; pass < PASS_COUNT; pass++) {
		for (size_t i = 0; i < OPERATION_COUNT; i++) {
			results->passes[pass].measured[i] = next;
			next += competitor_count;
		}
	}
	results->schedule = options->schedule;
	results->cpu = options->place.cpu;
	results->other_cpu = options->place.other_cpu;
	results->load_before = place_load();
	return results;
}

int main(int argc, char **argv)
{
	struct options options;
	struct results *results;
	int status = spawned_main(argc, argv);
	bool ok;

	if (status < 0)
		status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (!place_choose_cpus(&options.place) || !place_init(&options.place))
		return 1;
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	results = results_new(&options);
	ok = results && run(&options.place, results);
	place_deinit(&options.place);
	if (measure_interrupted)
		fputs("bench: interrupted\n", stderr);
	if (!results)
		fputs("bench: out of memory\n", stderr);
	ok = ok && report(results, &options);
	return ok ? 0 : 1;
}
