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
};

/* Runs a round, and those before it: the latter of fewer runs too, but one at least. */
static unsigned int runs_of(enum operation operation, unsigned int usual)
{
	const unsigned int divisor = operation_divisor(operation);

	return usual > divisor ? usual / divisor : 1;
}

bool schedule_wants(const struct schedule *schedule, const char *key)
{
	return !schedule->only || strcmp(schedule->only, key) == 0;
}

static bool went_wrong(const struct competitor *competitor, enum operation operation)
{
	if (!measure_interrupted)
		fprintf(stderr, "bench: %s: cannot %s: %s\n", competitor->name,
			operation_text(operation), strerror(errno));
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
	fprintf(stderr, "\r%s: round %u of %u", operation_key(operation), round, rounds);
	if (round == rounds)
		fputs("\r\033[K", stderr);
}

/* The medians of the one that is marked so; NULL: it is missing, or there is none. */
static const double *medians_of(
	enum operation operation, const struct series *series, size_t offset_of_mark)
{
	for (size_t i = 0; i < competitor_count; i++) {
		const bool *marks = (const bool *)((const char *)&competitors[i] + offset_of_mark);

		if (marks[operation] && competitor_can(&competitors[i], operation))
			return series[i].medians;
	}
	return NULL;
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

/* The times as they come lie in one piece, round after round. */
static void conclude(enum operation operation, unsigned int rounds, unsigned int batch,
	struct series *series, double *scratch, struct measurement results[])
{
	const size_t runs = (size_t)rounds * batch;
	const double *base = medians_of(operation, series, offsetof(struct competitor, is_base));
	const double *round_trip = NULL;

	if (operation_scale(operation) == SCALE_ROUND_TRIPS) {
		round_trip =
			medians_of(operation, series, offsetof(struct competitor, is_round_trip));
		base = round_trip ? base : NULL;
	}
	/* These first: a quantile leaves nothing in the order of the rounds. */
	for (size_t i = 0; i < competitor_count; i++) {
		results[i].against = NAN;
		if (base && competitor_can(&competitors[i], operation))
			results[i].against =
				hold_against(series[i].medians, base, round_trip, rounds, scratch);
	}
	for (size_t i = 0; i < competitor_count; i++) {
		struct measurement *result = &results[i];

		result->is_present = competitors[i].is_present;
		snprintf(result->missing, sizeof(result->missing), "%s", competitors[i].missing);
		if (!competitor_can(&competitors[i], operation))
			continue;
		result->median = quantile(series[i].medians, rounds, 0.5);
		result->p99 = quantile(series[i].times, runs, 0.99);
		result->p999 = quantile(series[i].times, runs, 0.999);
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

unsigned int measure(
	enum operation operation, const struct schedule *schedule, struct measurement results[])
{
	struct series *series = series_new(schedule);
	double *scratch = calloc(schedule->rounds, sizeof(*scratch));
	unsigned int rounds = 0;

	memset(results, 0, competitor_count * sizeof(*results));
	if (series && scratch)
		rounds = run_rounds(operation, schedule, series);
	else
		fputs("bench: out of memory\n", stderr);
	if (rounds > 0)
		conclude(operation, rounds, runs_of(operation, schedule->batch), series, scratch,
			results);
	free(scratch);
	series_free(series);
	return rounds;
}
