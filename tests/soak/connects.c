/* SPDX-License-Identifier: MIT */
/* Processes that only connect and close, beside as many that only burn CPU. */
#include "tests/soak/connects.h"

#include "bench/daemon-process.h"
#include "tests/soak/crowd.h"
#include "tests/soak/honest.h"

struct pair {
	struct honest_times opens;
	struct honest_times newcomers;
};

static bool measure_under(const struct daemon_process *daemon, struct honest *honest,
	enum abuse abuse, unsigned int users, double seconds, struct pair *out)
{
	struct crowd crowd = {.count = 0};
	bool ok = crowd_start(&crowd, abuse, daemon->socket, users, 1) &&
		  honest_measure(honest, seconds, &out->opens) &&
		  honest_measure_newcomers(honest, seconds, &out->newcomers);

	crowd_stop(&crowd);
	return ok;
}

static double ratio(double abused, double burning)
{
	return burning > 0 ? abused / burning : 0;
}

static void report(const char *what, unsigned int users, const struct honest_times *burning,
	const struct honest_times *abused, FILE *json, unsigned int *missed)
{
	const double p50 = ratio(abused->p50, burning->p50);
	const double p99 = ratio(abused->p99, burning->p99);
	const bool met = p50 <= CONNECTS_TIMES && p99 <= CONNECTS_TIMES && abused->failures == 0;

	printf("  %-18s%3u processes:%10.1f%10.1f%10.1f%10.1f  p50 %5.2f, p99 %5.2f  <= %.0f  %s\n",
		what, users, burning->p50, burning->p99, abused->p50, abused->p99, p50, p99,
		CONNECTS_TIMES, met ? "met" : "MISSED");
	*missed += !met;
	if (json)
		fprintf(json,
			"%s    {\"what\": \"%s\", \"processes\": %u, \"burning_p50_us\": %.2f, "
			"\"burning_p99_us\": %.2f, \"p50_us\": %.2f, \"p99_us\": %.2f}",
			users == 1 && what[0] == 'o' ? "\n" : ",\n", what, users, burning->p50,
			burning->p99, abused->p50, abused->p99);
}

/* Not the configuration that the host may have. */
static const struct daemon_options unconfigured = {.configuration = ""};

static bool measure(const struct place *place, unsigned int users, double seconds, FILE *json,
	unsigned int *missed)
{
	struct daemon_process daemon;
	struct honest honest = {.fd = -1};
	struct pair burning;
	struct pair abused;
	bool ok = daemon_process_start(&daemon, place, &unconfigured) &&
		  honest_init(&honest, daemon.socket) &&
		  measure_under(&daemon, &honest, ABUSE_BURN, users, seconds, &burning) &&
		  measure_under(&daemon, &honest, ABUSE_CONNECTS, users, seconds, &abused);

	honest_deinit(&honest);
	daemon_process_stop(&daemon);
	if (!ok)
		return false;
	report("opens", users, &burning.opens, &abused.opens, json, missed);
	report("connect and open", users, &burning.newcomers, &abused.newcomers, json, missed);
	return true;
}

bool connects_measure(const struct place *place, unsigned int most, double seconds, FILE *json,
	unsigned int *missed)
{
	const unsigned int users[] = {1, 4, most};

	printf("\nConnect and close, beside as many that burn CPU; microseconds\n  %47s%20s\n",
		"burning p50, p99", "abused p50, p99");
	for (unsigned int i = 0; i < sizeof(users) / sizeof(*users); i++) {
		if (!measure(place, users[i], seconds, json, missed))
			return false;
		fflush(stdout);
	}
	return true;
}
