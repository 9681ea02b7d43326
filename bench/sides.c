/* SPDX-License-Identifier: MIT */
/* Two that differ in one thing, measured in turns. */
#include "bench/sides.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "bench/statistics.h"

struct series {
	double *times;   /* owned; of all rounds */
	double *figures; /* owned; of each */
};

static bool run_rounds(
	struct side sides[2], struct series series[2], unsigned int rounds, unsigned int batch)
{
	bool ok = true;

	for (unsigned int i = 0; ok && i < 2 * rounds; i++) {
		const unsigned int round = i / 2;
		const unsigned int which = (i + round) % 2; /* each begins every other round */

		ok = sides[which].run(sides[which].data,
			     series[which].times + (size_t)round * batch, batch,
			     &series[which].figures[round]) &&
		     !measure_interrupted;
	}
	return ok;
}

static double conclude(struct side sides[2], struct series series[2], double *ratios,
	unsigned int rounds, unsigned int batch)
{
	/* These first: a quantile leaves nothing in the order of the rounds. */
	for (unsigned int round = 0; round < rounds; round++)
		ratios[round] = series[1].figures[round] / series[0].figures[round];
	for (unsigned int i = 0; i < 2; i++) {
		sides[i].figure = quantile(series[i].figures, rounds, 0.5);
		sides[i].p999 = quantile(series[i].times, (size_t)rounds * batch, 0.999);
	}
	return quantile(ratios, rounds, 0.5);
}

double sides_measure(struct side sides[2], unsigned int rounds, unsigned int batch)
{
	double *ratios = calloc(rounds, sizeof(*ratios));
	struct series series[2];
	bool ok = ratios;
	double ratio = 0;

	for (unsigned int i = 0; i < 2; i++) {
		series[i].times = calloc((size_t)rounds * batch, sizeof(double));
		series[i].figures = calloc(rounds, sizeof(double));
		ok = ok && series[i].times && series[i].figures;
	}
	if (ok && run_rounds(sides, series, rounds, batch))
		ratio = conclude(sides, series, ratios, rounds, batch);
	for (unsigned int i = 0; i < 2; i++) {
		free(series[i].times);
		free(series[i].figures);
	}
	free(ratios);
	return ratio;
}
