/* SPDX-License-Identifier: MIT */
/* Times on a machine that does other things too. */
#include "bench/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Runs before the clock counts: what ran before has emptied the caches. */
#define WARM_UP 20

volatile sig_atomic_t measure_interrupted;

/* One competitor's times of one operation. */
struct series {
	double *times;   /* owned: microseconds, round after round */
	double *medians; /* owned: of each round */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double quantile(double *values, size_t count, double share)
{
	size_t rank = (size_t)ceil(share * (double)count);

	qsort(values, count, sizeof(*values), compare);
	return values[rank > 0 ? rank - 1 : 0];
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static bool can(const struct competitor *competitor, enum operation operation)
{
	return competitor->is_present && competitor->run[operation];
}

static bool run_batch(
	struct competitor *competitor, enum operation operation, unsigned int batch, double *times)
{
	bool (*run)(struct competitor *) = competitor->run[operation];

	for (unsigned int i = 0; i < WARM_UP + batch && !measure_interrupted; i++) {
		double begin = now();

		errno = 0;
		if (!run(competitor)) {
			if (!measure_interrupted)
				fprintf(stderr, "bench: %s: cannot %s: %s\n", competitor->name,
					operation_text(operation), strerror(errno));
			return false;
		}
		if (i >= WARM_UP)
			times[i - WARM_UP] = now() - begin;
	}
	return !measure_interrupted;
}

static bool run_round(enum operation operation, const struct schedule *schedule, unsigned int round,
	struct series *series)
{
	for (size_t i = 0; i < competitor_count; i++) {
		size_t at = (i + round) % competitor_count;
		double *times = series[at].times + (size_t)round * schedule->batch;
		double *sorted = series[at].medians + round;

		if (!can(&competitors[at], operation))
			continue;
		if (!run_batch(&competitors[at], operation, schedule->batch, times))
			return false;
		/* The order within a round means nothing: sorted where it lies. */
		*sorted = quantile(times, schedule->batch, 0.5);
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

static double median_ratio(const double *of, const double *to, unsigned int rounds, double *scratch)
{
	for (unsigned int round = 0; round < rounds; round++)
		scratch[round] = of[round] / to[round];
	return quantile(scratch, rounds, 0.5);
}

static void conclude(enum operation operation, const struct schedule *schedule,
	struct series *series, double *scratch, struct measurement results[])
{
	const size_t runs = (size_t)schedule->rounds * schedule->batch;
	const double *base = NULL;

	for (size_t i = 0; i < competitor_count; i++) {
		if (competitors[i].is_base && can(&competitors[i], operation))
			base = series[i].medians;
	}
	/* The ratios first: a quantile leaves nothing in the order of the rounds. */
	for (size_t i = 0; i < competitor_count; i++) {
		if (base && can(&competitors[i], operation))
			results[i].ratio =
				median_ratio(series[i].medians, base, schedule->rounds, scratch);
	}
	for (size_t i = 0; i < competitor_count; i++) {
		if (!can(&competitors[i], operation))
			continue;
		results[i].median = quantile(series[i].medians, schedule->rounds, 0.5);
		results[i].p99 = quantile(series[i].times, runs, 0.99);
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

bool measure(
	enum operation operation, const struct schedule *schedule, struct measurement results[])
{
	struct series *series = series_new(schedule);
	double *scratch = calloc(schedule->rounds, sizeof(*scratch));
	bool ok = series && scratch;

	memset(results, 0, competitor_count * sizeof(*results));
	if (!ok)
		fputs("bench: out of memory\n", stderr);
	for (unsigned int round = 0; ok && round < schedule->rounds; round++) {
		ok = run_round(operation, schedule, round, series);
		show_progress(operation, round + 1, schedule->rounds);
	}
	if (ok)
		conclude(operation, schedule, series, scratch, results);
	free(scratch);
	series_free(series);
	return ok;
}
