/* SPDX-License-Identifier: MIT */
/* Processes that hoard, beside as many that only burn CPU. */
#include "tests/soak/hoards.h"

#include "bench/daemon-process.h"
#include "bench/statistics.h"
#include "tests/soak/crowd.h"
#include "tests/soak/honest.h"

/*
 * The median is told and not judged: beside burners, who never wait for the broker, most opens do
 * not wait either, and the few that do wait for all burners' turns.
 */
enum measure { OPENS_P50, OPENS_MEAN, OPENS_P99, NEWCOMERS, MEASURES };

static const char *const names[MEASURES] = {"opens, p50", "opens, mean", "opens, p99", "newcomers"};

struct series {
	double values[MEASURES][HOARDS_ROUNDS_MAX];
	unsigned int failures;
};

static bool measure_once(const struct daemon_process *daemon, struct honest *honest,
	enum abuse abuse, const struct hoards *hoards, unsigned int round, struct series *series)
{
	struct crowd crowd = {.count = 0};
	struct honest_times times;
	bool ok = crowd_start(&crowd, abuse, daemon->socket, hoards->users, hoards->each) &&
		  honest_measure(honest, hoards->seconds, &times);

	crowd_stop(&crowd);
	if (!ok)
		return false;
	series->values[OPENS_P50][round] = times.p50;
	series->values[OPENS_MEAN][round] = times.mean;
	series->values[OPENS_P99][round] = times.p99;
	series->values[NEWCOMERS][round] = times.newcomer;
	series->failures += times.failures;
	return true;
}

static void report(const char *what, const struct hoards *hoards, struct series *burning,
	struct series *hoarding, FILE *json, unsigned int *missed)
{
	static const char *separator = "\n";

	for (unsigned int i = 0; i < MEASURES; i++) {
		const double burnt = quantile(burning->values[i], hoards->rounds, 0.5);
		const double hoarded = quantile(hoarding->values[i], hoards->rounds, 0.5);
		const double times = burnt > 0 ? hoarded / burnt : 0;
		const bool met = times <= HOARDS_TIMES && hoarding->failures == 0;

		printf("  %-12s%-12s%10.1f%10.1f%8.2f", what, names[i], burnt, hoarded, times);
		if (i != OPENS_P50)
			printf("  <= %.0f, failures %u  %s", HOARDS_TIMES, hoarding->failures,
				met ? "met" : "MISSED");
		putchar('\n');
		*missed += i != OPENS_P50 && !met;
		if (json)
			fprintf(json,
				"%s    {\"hoarded\": \"%s\", \"what\": \"%s\", \"burning_us\": "
				"%.2f, \"us\": "
				"%.2f, \"failures\": %u}",
				separator, what, names[i], burnt, hoarded, hoarding->failures);
		separator = ",\n";
	}
}

/* Not the configuration that the host may have. */
static const struct daemon_options unconfigured = {.configuration = ""};

static bool measure(const struct place *place, const struct hoards *hoards, enum abuse abuse,
	const char *what, FILE *json, unsigned int *missed)
{
	struct series burning = {.failures = 0};
	struct series hoarding = {.failures = 0};
	struct daemon_process daemon;
	struct honest honest = {.fd = -1};
	bool ok = daemon_process_start(&daemon, place, &unconfigured) &&
		  honest_init(&honest, daemon.socket);

	for (unsigned int round = 0; ok && round < hoards->rounds; round++)
		ok = measure_once(&daemon, &honest, ABUSE_BURN, hoards, round, &burning) &&
		     measure_once(&daemon, &honest, abuse, hoards, round, &hoarding);
	honest_deinit(&honest);
	daemon_process_stop(&daemon);
	if (ok)
		report(what, hoards, &burning, &hoarding, json, missed);
	else
		fprintf(stderr, "abuse: hoarded %s could not be measured\n", what);
	fflush(stdout);
	return ok;
}

bool hoards_measure(
	const struct place *place, const struct hoards *hoards, FILE *json, unsigned int *missed)
{
	bool ok = true;

	printf("\nHoarders, beside as many that burn CPU: %u users; medians of %u rounds, "
	       "microseconds\n"
	       "  %34s%10s%8s\n",
		hoards->users, hoards->rounds, "burning", "hoarding", "times");
#define X(name, text) ok = ok && measure(place, hoards, HOARD_##name, text, json, missed);
	HOARDS(X)
#undef X
	return ok;
}
