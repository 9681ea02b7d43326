/* SPDX-License-Identifier: MIT */
/*
 * prshmctl metrics: OpenMetrics text. node_exporter reads such files by the parser of the older
 * Prometheus format, which stops at a TYPE that it does not know. So all metrics are gauges and
 * counters: none is of the types info and stateset.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/accounts.h"
#include "ctl/capacity.h"
#include "ctl/command.h"
#include "ctl/counter.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

/* unit: NULL, or what the name ends with, as it has to. */
static void print_head(const char *name, const char *type, const char *unit, const char *about)
{
	printf("# HELP prshm_%s %s.\n# TYPE prshm_%s %s\n", name, about, name, type);
	if (unit)
		printf("# UNIT prshm_%s %s\n", name, unit);
}

static void print_gauge(const char *name, const char *unit, const char *about, uint64_t value)
{
	print_head(name, "gauge", unit, about);
	printf("prshm_%s %" PRIu64 "\n", name, value);
}

/* A label's value: a quotation mark, a backslash and a new line need a backslash there. */
static void print_label(const char *value)
{
	char *escaped = text_escape(value); /* has no new lines, and is UTF-8 or ASCII */

	for (const char *c = escaped; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', stdout);
		fputc(*c, stdout);
	}
	free(escaped);
}

static void print_counters(const struct prshm_broker_status *status)
{
	for (const struct counter *c = counter_table; c->name; c++) {
		print_head(c->name, "counter", NULL, c->about);
		printf("prshm_%s_total %" PRIu64 "\n", c->name, counter_value(c, status));
	}
	print_head("restarts", "counter", NULL, "Times a broker has taken over from another");
	printf("prshm_restarts_total %" PRIu32 "\n", status->restarts);
	print_head("requests", "counter", NULL, "Requests done");
	for (unsigned int op = 1; op < PRSHM_OPS_MAX; op++) {
		char name[32];

		if (counter_op(op, name))
			printf("prshm_requests_total{operation=\"%s\"} %" PRIu64 "\n", name,
				status->requests[op]);
	}
	print_head("refusals", "counter", NULL, "Requests that a limit refused");
	for (size_t i = 1; accounts_resource(i); i++)
		printf("prshm_refusals_total{resource=\"%s\"} %" PRIu64 "\n", accounts_resource(i),
			status->refusals[i]);
}

static void print_gauges(const struct prshm_broker_status *status)
{
	print_head("build_info", "gauge", NULL, "The broker's version; always 1");
	fputs("prshm_build_info{version=\"", stdout);
	print_label(status->version);
	fputs("\"} 1\n", stdout);
	print_gauge("start_time_seconds", "seconds", "When the broker started, since 1970",
		status->started / NANOSECONDS);
	print_gauge("keeper_wanted", NULL, "1 unless the broker was told to go without a keeper",
		status->keeper != PRSHM_KEEPER_UNWANTED);
	print_gauge("keeper_up", NULL, "1 if a keeper is there, for which the broker may die",
		status->keeper == PRSHM_KEEPER_THERE);
	for (const struct counter *c = counter_gauges; c->name; c++)
		print_gauge(c->name, NULL, c->about, counter_value(c, status));
	print_gauge(
		"memory_bytes", "bytes", "Memory of all segments, touched or not", status->bytes);
}

/*
 * The lines of one resource, a line for each user: the lines of one metric have to stand together.
 */
static void print_usage(const struct accounts *accounts, size_t resource, bool limit)
{
	const bool bytes = resource == PRSHM_BYTES;
	const char *what = bytes ? "memory" : accounts_resource(resource);
	char about[64];
	char name[64];

	snprintf(name, sizeof(name), "user_%s%s%s", what, limit ? "_limit" : "",
		bytes ? "_bytes" : "");
	if (limit)
		snprintf(about, sizeof(about), "How %s %s the user may have",
			bytes ? "much" : "many", what);
	else
		snprintf(about, sizeof(about), "The user's %s", what);
	print_head(name, "gauge", bytes ? "bytes" : NULL, about);
	for (size_t i = 0; i < accounts->count; i++) {
		const struct prshm_account *account = &accounts->accounts[i];
		const struct prshm_usage *usage = &account->usage[resource];

		if (usage->kind == 0)
			continue;
		printf("prshm_%s{uid=\"%ju\",user=\"", name, (uintmax_t)account->uid);
		print_label(identity_name(PRSHM_USER, account->uid));
		printf("\"} %" PRIu64 "\n", limit ? usage->limit : usage->used);
	}
}

/* What is used and what may be used, so that "80 % full" can be an alert. */
static void print_capacity(
	const struct prshm_broker_status *status, const char *name, const char *about, bool limit)
{
	if (status->segments_limit == 0)
		return;
	print_head(name, "gauge", NULL, about);
	for (size_t i = 1; accounts_resource(i); i++) {
		const struct capacity capacity = capacity_of(status, i);

		if (capacity.limit > 0)
			printf("prshm_%s{resource=\"%s\"} %" PRIu64 "\n", name,
				accounts_resource(i), limit ? capacity.limit : capacity.used);
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct accounts accounts = {0};
	struct prshm_broker_status answer;
	enum prshm_result result;
	int status;

	while (command_option(argc, argv, "h", options) != -1)
		;
	command_expect(argc, 0, 0);
	result = prshm_status(&answer);
	if (result == PRSHM_OK)
		result = accounts_get(&accounts, (uid_t)-1);
	status = failure_report(result, NULL);
	if (status == DONE) {
		print_gauges(&answer);
		print_capacity(&answer, "host_used", "What all users together have", false);
		print_capacity(&answer, "host_limit", "What all users together may have", true);
		print_counters(&answer);
		for (size_t i = 1; accounts_resource(i); i++) {
			print_usage(&accounts, i, false);
			print_usage(&accounts, i, true);
		}
		puts("# EOF");
	}
	accounts_deinit(&accounts);
	return status;
}

const struct command command_metrics = {
	.name = "metrics",
	.arguments = "",
	.summary = "Prints OpenMetrics text, for monitoring",
	.help = "For the textfile collector of Prometheus' node_exporter, say, run by a timer.\n"
		"Root and observers get all users, others themselves.\n"
		"\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl metrics\n",
	.run = run,
};
