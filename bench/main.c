/* SPDX-License-Identifier: MIT */
/*
 * bench: prshm beside the other ways to share memory by name. All of one run: first client and
 * servers on one CPU; then the servers on another, where much of the time is how long an idle CPU
 * takes to wake up; then the sections.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/options.h"
#include "bench/section.h"
#include "bench/spawn.h"
#include "bench/tsv.h"

#ifdef SANITIZED
#define IS_INSTRUMENTED 1 /* built with a sanitizer: the numbers mean nothing */
#else
#define IS_INSTRUMENTED 0
#endif

static void interrupt(int signal_number)
{
	(void)signal_number;
	measure_interrupted = 1;
	if (measure_child > 0)
		kill(measure_child, SIGTERM);
}

static void put_processor(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char processor[128] = "unknown processor";
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", processor) == 1)
			break;
	}
	if (file)
		fclose(file);
	tsv_text(processor);
}

static void put_machine(const struct place *place)
{
	char kernel[136] = "unknown";
	struct utsname name;

	if (uname(&name) == 0)
		snprintf(kernel, sizeof(kernel), "%s %s", name.sysname, name.release);
	tsv_begin("machine");
	put_processor();
	tsv_text(kernel);
	tsv_number((double)sysconf(_SC_NPROCESSORS_ONLN));
	tsv_number(place_load());
	tsv_number(IS_INSTRUMENTED);
	tsv_number(place->cpu);
	tsv_number(place->other_cpu);
	tsv_end();
}

/* All operations that are measured with the same servers. */
struct pass {
	struct place *place;
	const struct schedule *schedule;
	bool wanted[OPERATION_COUNT];
};

static bool run_pass(void *data)
{
	const struct pass *pass = data;
	bool ok = competitors_setup(pass->place, pass->wanted);

	for (enum operation operation = 0; ok && operation < OPERATION_COUNT; operation++)
		ok = !pass->wanted[operation] || measure(operation, pass->schedule, pass->place);
	competitors_teardown();
	return ok;
}

static bool run_on(struct place *place, int server_cpu, const struct schedule *schedule)
{
	struct pass pass = {.place = place, .schedule = schedule};
	bool any = false;

	place->server_cpu = server_cpu;
	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
		pass.wanted[operation] = schedule_wants(schedule, operations[operation].key) &&
					 (server_cpu == place->cpu || operations[operation].apart);
		any = any || pass.wanted[operation];
	}
	return !any || measure_apart(run_pass, &pass);
}

static bool run(struct place *place, const struct schedule *schedule)
{
	bool ok;

	put_machine(place);
	ok = run_on(place, place->cpu, schedule) &&
	     (place->other_cpu < 0 || run_on(place, place->other_cpu, schedule));
	place->server_cpu = place->cpu;
	ok = ok && sections_measure(place, schedule);
	if (ok) {
		tsv_begin("end");
		tsv_end();
	}
	return ok && !ferror(stdout);
}

int main(int argc, char **argv)
{
	struct options options;
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
	ok = run(&options.place, &options.schedule);
	place_deinit(&options.place);
	if (measure_interrupted)
		fputs("bench: interrupted\n", stderr);
	return ok ? 0 : 1;
}
