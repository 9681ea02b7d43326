/* SPDX-License-Identifier: MIT */
/*
 * abuse: what an honest client feels of a broker that others abuse. All on one CPU, and each abuse
 * with a broker of its own, which is measured idle first. A crowd that floods also takes the CPU
 * from whoever wants it: that is the scheduler's share. It is measured by as many processes that
 * burn CPU and talk to nobody, and by the same crowd at another broker; the larger one counts: who
 * burns never wakes up and so never gets in between, who floods does. A newcomer's time is printed
 * and not judged: it is the longest of a few who connect, create, delete and leave.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/soak/connects.h"
#include "tests/soak/crowd.h"
#include "bench/daemon-process.h"
#include "tests/soak/hoards.h"
#include "tests/soak/honest.h"
#include "bench/place.h"

#define TIMES_IDLE 3.0 /* expected: so much of the idle p99, and the scheduler's share */

struct size {
	unsigned int users;
	unsigned int connections_each;
};

struct options {
	const char *daemon;
	const char *json;
	struct size large;
	unsigned int connecting; /* processes that connect and close, at most */
	double seconds;          /* of each measurement under abuse */
	struct hoards hoards;
	bool only_hoards;
	bool only_large; /* of the two sizes of a crowd */
};

struct outcome {
	struct honest_times idle;
	struct honest_times elsewhere; /* the crowd is at another broker; if it burns CPU */
	struct honest_times abused;
	double cpu; /* the crowd's share of it */
};

struct run {
	struct place place;
	struct options options;
	FILE *json;
	unsigned int missed;
	/* p99 less the idle one, microseconds: of the small and the large crowd */
	double burning[2];
};

static const struct {
	const char *text;
	const char *key;
	bool burns;
} abuses[] = {
#define X(name, text, key, burns) {text, key, burns},
	ABUSES(X)
#undef X
};

static const char help[] =
	"Usage: abuse [OPTION]...\n"
	"Measures an honest client's opens while others abuse the broker. Needs root, for their "
	"uids.\n"
	"\n"
	"      --quick        less than a tenth of the time, and smaller crowds\n"
	"      --smoke        only to see that all of it runs\n"
	"      --hoards       only hoarders, not what else is abuse\n"
	"      --json=FILE    write the results there, too\n"
	"      --daemon=FILE  the prshmd to measure (the installed one)\n"
	"  -h, --help         print this and exit\n";

static struct size size_of(const struct run *run, bool large)
{
	return large ? run->options.large : (struct size){1, 1};
}

/* *cpu: which share of it the crowd has used. */
static bool measure_under(struct run *run, enum abuse abuse, struct size size, const char *socket,
	struct honest *honest, struct honest_times *out, double *cpu)
{
	struct crowd crowd = {.count = 0};
	bool ok = crowd_start(&crowd, abuse, socket, size.users, size.connections_each) &&
		  honest_measure(honest, run->options.seconds, out);

	*cpu = crowd_stop(&crowd);
	return ok;
}

/* Not the one that the host may have. */
static const struct daemon_options unconfigured = {.configuration = ""};

static bool measure_elsewhere(struct run *run, enum abuse abuse, struct size size,
	struct honest *honest, struct outcome *outcome)
{
	struct daemon_process other;
	bool ok = daemon_process_start(&other, &run->place, &unconfigured) &&
		  measure_under(run, abuse, size, other.socket, honest, &outcome->elsewhere,
			  &outcome->cpu);

	daemon_process_stop(&other);
	return ok;
}

static bool measure(struct run *run, enum abuse abuse, bool large, struct outcome *outcome)
{
	const struct size size = size_of(run, large);
	struct daemon_process daemon;
	struct honest honest = {.fd = -1};
	bool ok = daemon_process_start(&daemon, &run->place, &unconfigured) &&
		  honest_init(&honest, daemon.socket) &&
		  honest_measure(&honest, run->options.seconds / 2, &outcome->idle);

	if (ok && abuses[abuse].burns && abuse != ABUSE_BURN)
		ok = measure_elsewhere(run, abuse, size, &honest, outcome);
	ok = ok && measure_under(run, abuse, size, daemon.socket, &honest, &outcome->abused,
			   &outcome->cpu);
	honest_deinit(&honest);
	daemon_process_stop(&daemon);
	if (!ok)
		fprintf(stderr, "abuse: \"%s\" could not be measured\n", abuses[abuse].text);
	return ok;
}

static double share_of(
	const struct run *run, enum abuse abuse, bool large, const struct outcome *outcome)
{
	double share = outcome->elsewhere.p99 - outcome->idle.p99;

	if (!abuses[abuse].burns)
		return 0;
	return share > run->burning[large] ? share : run->burning[large];
}

static void print_json(const struct run *run, enum abuse abuse, struct size size,
	const struct outcome *outcome, double share)
{
	static const char *separator = "\n";

	if (!run->json)
		return;
	fprintf(run->json,
		"%s    {\"abuse\": \"%s\", \"users\": %u, \"connections\": %u, "
		"\"idle_p50_us\": %.2f, \"idle_p99_us\": %.2f, \"p50_us\": %.2f, "
		"\"p99_us\": %.2f, \"share_us\": %.2f, \"opens\": %u, \"failures\": %u, "
		"\"newcomer_ms\": %.2f}",
		separator, abuses[abuse].key, size.users, size.users * size.connections_each,
		outcome->idle.p50, outcome->idle.p99, outcome->abused.p50, outcome->abused.p99,
		share, outcome->abused.opens, outcome->idle.failures + outcome->abused.failures,
		outcome->abused.newcomer / 1000);
	separator = ",\n";
}

static void report(struct run *run, enum abuse abuse, bool large, const struct outcome *outcome)
{
	const struct size size = size_of(run, large);
	const double share = share_of(run, abuse, large, outcome);
	const double limit = TIMES_IDLE * outcome->idle.p99 + share;
	const unsigned int failures =
		outcome->idle.failures + outcome->elsewhere.failures + outcome->abused.failures;

	print_json(run, abuse, size, outcome, share);
	printf("  %-30s%5u%8.1f%8.1f%10.1f%10.1f", abuses[abuse].text,
		size.users * size.connections_each, outcome->idle.p50, outcome->idle.p99,
		outcome->abused.p50, outcome->abused.p99);
	if (abuse == ABUSE_BURN) {
		printf("%10.1f\n", share);
		return;
	}
	printf("%10.1f  <= %9.1f  %-6s%5u  %-6s%5.0f%%%8u%9.1f\n", share, limit,
		outcome->abused.p99 <= limit ? "met" : "MISSED", failures,
		failures == 0 ? "met" : "MISSED", outcome->cpu * 100, outcome->abused.opens,
		outcome->abused.newcomer / 1000);
	run->missed += outcome->abused.p99 > limit;
	run->missed += failures > 0;
}

/* The burning ones first: what they cost is part of what is expected of the others. */
static bool measure_all(struct run *run)
{
	for (unsigned int i = 0; i < ABUSE_COUNT; i++) {
		const enum abuse abuse = (i + ABUSE_BURN) % ABUSE_COUNT;

		for (unsigned int large = run->options.only_large; large < 2; large++) {
			struct outcome outcome = {.cpu = 0};

			if (!measure(run, abuse, large, &outcome))
				return false;
			if (abuse == ABUSE_BURN && outcome.abused.p99 > outcome.idle.p99)
				run->burning[large] = outcome.abused.p99 - outcome.idle.p99;
			report(run, abuse, large, &outcome);
			fflush(stdout);
		}
	}
	return true;
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"quick", no_argument, NULL, 'q'},
		{"smoke", no_argument, NULL, 's'},
		{"hoards", no_argument, NULL, 'o'},
		{"json", required_argument, NULL, 'j'},
		{"daemon", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (struct options){
		.daemon = PRSHMD_PATH,
		.large = {CROWD_MAX, 20},
		.connecting = CROWD_MAX,
		.seconds = 1.0,
		.hoards = {.users = CROWD_MAX, .each = 200, .rounds = 5, .seconds = 0.5},
	};
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (option == 'q') {
			options->large = (struct size){10, 5};
			options->seconds = 0.1;
			options->hoards = (struct hoards){
				.users = 10, .each = 20, .rounds = 1, .seconds = 0.1};
		} else if (option == 's') {
			options->only_large = true;
			options->large = (struct size){4, 3};
			options->connecting = 8;
			options->seconds = 0.02;
			options->hoards = (struct hoards){
				.users = 4, .each = 5, .rounds = 1, .seconds = 0.02};
		} else if (option == 'o') {
			options->only_hoards = true;
		} else if (option == 'j') {
			options->json = optarg;
		} else if (option == 'd') {
			options->daemon = optarg;
		} else if (option == 'h') {
			return fputs(help, stdout) < 0 ? 1 : 0;
		} else {
			fputs("Try 'abuse --help'.\n", stderr);
			return 2;
		}
	}
	return -1;
}

static bool run_all(struct run *run, int cpu)
{
	bool ok;

	printf("CPU %d alone; load before: %.2f; an honest client's opens, in microseconds\n\n",
		cpu, place_load());
	printf("  %-30s%5s%16s%20s%10s  %-21s%-13s%6s%8s%9s\n", "", "conns", "idle", "abused",
		"scheduler", "expected p99", "failures", "crowd", "opens", "newcomer");
	printf("  %-35s%8s%8s%10s%10s%10s%59s\n", "", "p50", "p99", "p50", "p99", "share", "ms");
	if (run->json)
		fputs("{\n  \"abuses\": [", run->json);
	ok = run->options.only_hoards || measure_all(run);
	if (run->json)
		fputs("\n  ],\n  \"connects\": [", run->json);
	ok = ok &&
	     (run->options.only_hoards || connects_measure(&run->place, run->options.connecting,
						  run->options.seconds, run->json, &run->missed));
	if (run->json)
		fputs("\n  ],\n  \"hoards\": [", run->json);
	ok = ok && hoards_measure(&run->place, &run->options.hoards, run->json, &run->missed);
	if (run->json)
		fprintf(run->json, "\n  ],\n  \"missed\": %u\n}\n", run->missed);
	if (ok)
		printf("\nmissed expectations: %u\n", run->missed);
	return ok;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct run run = {.json = NULL};
	int status = parse(&run.options, argc, argv);
	bool ok;

	if (status >= 0)
		return status;
	if (geteuid() != 0) {
		fputs("abuse: needs root: its clients are many users\n", stderr);
		return 1;
	}
	if (run.options.json && !(run.json = fopen(run.options.json, "we"))) {
		fprintf(stderr, "abuse: %s: %s\n", run.options.json, strerror(errno));
		return 1;
	}
	run.place.daemon_program = run.options.daemon;
	raise_descriptor_limit();
	if (!place_init(&run.place))
		return 1;
	ok = run_all(&run, place_pin(-1));
	place_deinit(&run.place);
	if (run.json && fclose(run.json) != 0)
		ok = false;
	return ok ? 0 : 1;
}
