/* SPDX-License-Identifier: MIT */
/* Times on a machine that does other things too. */
#include "bench/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/statistics.h"
#include "bench/tsv.h"

/* Runs before the clock counts: what ran before has emptied the caches. */
#define WARM_UP 20

volatile sig_atomic_t measure_interrupted;
volatile pid_t measure_child;

bool measure_apart(bool (*run)(void *data), void *data)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(run(data) ? 0 : 1);
	}
	measure_child = pid;
	if (pid > 0)
		waitpid(pid, &status, 0);
	measure_child = 0;
	return status == 0;
}

/* One competitor's times of one operation. */
struct series {
	double *times;   /* owned: microseconds, round after round */
	double *medians; /* owned: of each round */
	double against;  /* the base, on the operation's scale; NAN: there is no base */
};

/* Runs a round, and those before it: the latter of fewer runs too, but one at least. */
static unsigned int runs_of(enum operation operation, unsigned int usual)
{
	const unsigned int divisor = operations[operation].divisor;

	return usual > divisor ? usual / divisor : 1;
}

bool schedule_wants(const struct schedule *schedule, const char *key)
{
	const char *at = schedule->only;
	bool is_wanted = !at;

	while (at && !is_wanted) {
		const size_t length = strcspn(at, ",");

		is_wanted = strlen(key) == length && strncmp(at, key, length) == 0;
		at = at[length] ? at + length + 1 : NULL;
	}
	return is_wanted;
}

static bool went_wrong(const struct competitor *competitor, enum operation operation)
{
	if (!measure_interrupted)
		fprintf(stderr, "bench: %s: cannot %s: %s\n", competitor->name,
			operations[operation].text, strerror(errno));
	return false;
}

static bool run_batch(
	struct competitor *competitor, enum operation operation, unsigned int batch, double *times)
{
	bool (*run)(struct competitor *) = competitor->run[operation];
	const unsigned int warm_up = runs_of(operation, WARM_UP);

	if (competitor->prepare[operation] &&
		!competitor->prepare[operation](competitor, warm_up + batch))
		return went_wrong(competitor, operation);
	for (unsigned int i = 0; i < warm_up + batch && !measure_interrupted; i++) {
		double begin = now_us();

		errno = 0;
		if (!run(competitor))
			return went_wrong(competitor, operation);
		if (i >= warm_up)
			times[i - warm_up] = now_us() - begin;
	}
	return !measure_interrupted;
}

static bool run_round(
	enum operation operation, unsigned int batch, unsigned int round, struct series *series)
{
	for (size_t i = 0; i < competitor_count; i++) {
		size_t at = (i + round) % competitor_count;
		double *times = series[at].times + (size_t)round * batch;

		if (!competitor_can(&competitors[at], operation))
			continue;
		if (!run_batch(&competitors[at], operation, batch, times))
			return false;
		/* The order within a round means nothing: sorted where it lies. */
		series[at].medians[round] = quantile(times, batch, 0.5);
	}
	return true;
}

static void show_progress(enum operation operation, unsigned int round, unsigned int rounds)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: round %u of %u", operations[operation].key, round, rounds);
	if (round == rounds)
		fputs("\r\033[K", stderr);
}

/* The one that is marked so; NULL: there is none. */
static const struct competitor *marked(enum operation operation, size_t offset_of_mark)
{
	for (size_t i = 0; i < competitor_count; i++) {
		const bool *marks = (const bool *)((const char *)&competitors[i] + offset_of_mark);

		if (marks[operation])
			return &competitors[i];
	}
	return NULL;
}

/* NULL: the marked one is missing, or there is none. */
static const double *medians_of(
	enum operation operation, const struct series *series, size_t offset_of_mark)
{
	const struct competitor *competitor = marked(operation, offset_of_mark);

	return competitor && competitor_can(competitor, operation)
		       ? series[competitor - competitors].medians
		       : NULL;
}

/* round_trip: NULL for a ratio. */
static double hold_against(const double *own, const double *base, const double *round_trip,
	unsigned int rounds, double *scratch)
{
	for (unsigned int round = 0; round < rounds; round++)
		scratch[round] = round_trip ? (own[round] - base[round]) / round_trip[round]
					    : own[round] / base[round];
	return quantile(scratch, rounds, 0.5);
}

/* Before any quantile of the medians: a quantile leaves nothing in the order of the rounds. */
static void hold_all_against(
	enum operation operation, unsigned int rounds, struct series *series, double *scratch)
{
	const double *base = medians_of(operation, series, offsetof(struct competitor, is_base));
	const double *round_trip = NULL;

	if (operations[operation].scale == SCALE_ROUND_TRIPS) {
		round_trip =
			medians_of(operation, series, offsetof(struct competitor, is_round_trip));
		base = round_trip ? base : NULL;
	}
	for (size_t i = 0; i < competitor_count; i++) {
		series[i].against = NAN;
		if (base && competitor_can(&competitors[i], operation))
			series[i].against =
				hold_against(series[i].medians, base, round_trip, rounds, scratch);
	}
}

static void put_operation(enum operation operation, unsigned int rounds, const struct place *place)
{
	const struct competitor *base = marked(operation, offsetof(struct competitor, is_base));

	tsv_begin("operation");
	tsv_text(operations[operation].key);
	tsv_text(operations[operation].text);
	tsv_text(operations[operation].scale == SCALE_RATIO ? "ratio" : "trips");
	tsv_text(base ? base->name : "nothing");
	tsv_number(operations[operation].apart);
	tsv_number(place->cpu);
	tsv_number(place->server_cpu);
	tsv_number(rounds);
	tsv_end();
}

/* The times as they come lie in one piece, round after round. Expectations are of one CPU. */
static void put_time(const struct competitor *competitor, enum operation operation,
	unsigned int rounds, size_t runs, const struct series *series, const struct place *place)
{
	const double at_most = place->server_cpu == place->cpu ? competitor->at_most[operation] : 0;
	const bool is_there = competitor->is_present;

	tsv_begin("time");
	tsv_text(competitor->name);
	tsv_text(is_there ? "" : competitor->missing);
	tsv_number(is_there ? quantile(series->medians, rounds, 0.5) : NAN);
	tsv_number(is_there ? quantile(series->times, runs, 0.99) : NAN);
	tsv_number(is_there ? quantile(series->times, runs, 0.999) : NAN);
	tsv_number(is_there ? series->against : NAN);
	tsv_number(at_most > 0 ? at_most : NAN);
	tsv_end();
}

static void put_all(enum operation operation, unsigned int rounds, unsigned int batch,
	const struct series *series, const struct place *place)
{
	put_operation(operation, rounds, place);
	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].run[operation])
			put_time(&competitors[i], operation, rounds, (size_t)rounds * batch,
				&series[i], place);
	}
}

static struct series *series_free(struct series *series)
{
	for (size_t i = 0; series && i < competitor_count; i++) {
		free(series[i].times);
		free(series[i].medians);
	}
	free(series);
	return NULL;
}

static struct series *series_new(const struct schedule *schedule)
{
	struct series *series = calloc(competitor_count, sizeof(*series));
	bool complete = series;

	for (size_t i = 0; series && i < competitor_count; i++) {
		series[i].times =
			calloc((size_t)schedule->rounds * schedule->batch, sizeof(double));
		series[i].medians = calloc(schedule->rounds, sizeof(double));
		complete = complete && series[i].times && series[i].medians;
	}
	return complete ? series : series_free(series);
}

/* One there is in any case. 0: it went wrong. */
static unsigned int run_rounds(
	enum operation operation, const struct schedule *schedule, struct series *series)
{
	const double end = now_us() + schedule->seconds * 1e6;
	unsigned int round = 0;

	while (round < schedule->rounds && (round == 0 || now_us() < end)) {
		if (!run_round(operation, runs_of(operation, schedule->batch), round, series))
			return 0;
		show_progress(operation, ++round, schedule->rounds);
	}
	show_progress(operation, schedule->rounds, schedule->rounds);
	return round;
}

bool measure(enum operation operation, const struct schedule *schedule, const struct place *place)
{
	struct series *series = series_new(schedule);
	double *scratch = calloc(schedule->rounds, sizeof(*scratch));
	unsigned int rounds = 0;

	if (series && scratch)
		rounds = run_rounds(operation, schedule, series);
	else
		fputs("bench: out of memory\n", stderr);
	if (rounds > 0) {
		hold_all_against(operation, rounds, series, scratch);
		put_all(operation, rounds, runs_of(operation, schedule->batch), series, place);
	}
	free(scratch);
	series_free(series);
	return rounds > 0;
}
