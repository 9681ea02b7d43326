/* SPDX-License-Identifier: MIT */
/* prshmctl status: whether broker and keeper are well, and what they have done. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/accounts.h"
#include "ctl/capacity.h"
#include "ctl/command.h"
#include "ctl/counter.h"
#include "ctl/failure.h"
#include "ctl/place.h"
#include "ctl/segments.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

static void print_counts(const struct counter *counter, const struct prshm_broker_status *status)
{
	for (; counter->name; counter++)
		printf("%12s  %" PRIu64 "\n", counter->name, counter_value(counter, status));
}

static void print_lists(const struct prshm_broker_status *status)
{
	char name[32];

	for (size_t i = 1; accounts_resource(i); i++) {
		if (status->refusals[i] > 0)
			printf("%12s  %" PRIu64 " for %s\n", "refused", status->refusals[i],
				accounts_resource(i));
	}
	for (unsigned int op = 1; op < PRSHM_OPS_MAX; op++) {
		if (status->requests[op] > 0 && counter_op(op, name))
			printf("%12s  %" PRIu64 " %s\n", "requests", status->requests[op], name);
	}
}

/* "segments  40 of 12000, 0 %" */
static void print_capacity(const struct prshm_broker_status *status)
{
	for (size_t i = 1; accounts_resource(i); i++) {
		const struct capacity capacity = capacity_of(status, i);
		char used[TEXT_NUMBER_MAX];
		char limit[TEXT_NUMBER_MAX];

		if (capacity.limit == 0)
			continue;
		snprintf(used, sizeof(used), "%" PRIu64, capacity.used);
		snprintf(limit, sizeof(limit), "%" PRIu64, capacity.limit);
		printf("%12s  %s of %s, %.0f %%\n", accounts_resource(i),
			i == PRSHM_BYTES ? text_size(capacity.used, used) : used,
			i == PRSHM_BYTES ? text_size(capacity.limit, limit) : limit,
			100.0 * (double)capacity.used / (double)capacity.limit);
	}
}

static void print_text(const struct prshm_broker_status *status, const struct place *place)
{
	static const char *const keepers[] = {
		[PRSHM_KEEPER_UNWANTED] =
			"none, as the broker was told: were it to die, all would be lost",
		[PRSHM_KEEPER_THERE] = "there: were the broker to die, nothing would be lost",
		[PRSHM_KEEPER_MISSING] = "missing: were the broker to die now, all would be lost",
	};
	char text[TEXT_NUMBER_MAX];

	printf("%12s  prshmd %s\n", "broker", status->version[0] ? status->version : "?");
	place_print(place, status);
	printf("%12s  %s\n", "up", text_duration(segments_since(status->started), text));
	printf("%12s  %s\n", "started", text_time(status->started / NANOSECONDS, text));
	printf("%12s  %" PRIu32 "\n", "restarts", status->restarts);
	printf("%12s  %s\n", "keeper",
		status->keeper <= PRSHM_KEEPER_MISSING ? keepers[status->keeper] : "?");
	puts("\nNow:");
	print_counts(counter_gauges, status);
	printf("%12s  %s\n", "memory", text_size(status->bytes, text));
	if (status->segments_limit > 0)
		puts("\nOf what all users together may have:");
	print_capacity(status);
	puts("\nSince the broker started:");
	print_counts(counter_table, status);
	print_lists(status);
}

static void print_json_counts(
	const struct counter *counter, const struct prshm_broker_status *status)
{
	for (; counter->name; counter++)
		printf(", \"%s\": %" PRIu64, counter->name, counter_value(counter, status));
}

static void print_json_capacity(const struct prshm_broker_status *status)
{
	const char *separator = "";

	fputs(",\n  \"capacity\": {", stdout);
	for (size_t i = 1; accounts_resource(i); i++) {
		const struct capacity capacity = capacity_of(status, i);

		if (capacity.limit == 0)
			continue;
		printf("%s\"%s\": {\"used\": %" PRIu64 ", \"limit\": %" PRIu64 "}", separator,
			accounts_resource(i), capacity.used, capacity.limit);
		separator = ", ";
	}
	fputc('}', stdout);
}

static void print_json(const struct prshm_broker_status *status, const struct place *place)
{
	const char *separator = "";
	char name[32];

	fputs("{\"version\": ", stdout);
	text_print_json(status->version, stdout);
	fputs(", ", stdout);
	place_print_json(place, status);
	printf("\"started\": %" PRIu64 ", \"uptime\": %" PRIu64 ", \"restarts\": %" PRIu32
	       ", \"keeper\": \"%s\", \"bytes\": %" PRIu64,
		status->started / NANOSECONDS, segments_since(status->started), status->restarts,
		counter_keeper(status->keeper), status->bytes);
	print_json_counts(counter_gauges, status);
	print_json_counts(counter_table, status);
	print_json_capacity(status);
	fputs(",\n  \"refused\": {", stdout);
	for (size_t i = 1; accounts_resource(i); i++) {
		printf("%s\"%s\": %" PRIu64, separator, accounts_resource(i), status->refusals[i]);
		separator = ", ";
	}
	fputs("},\n  \"requests\": {", stdout);
	separator = "";
	for (unsigned int op = 1; op < PRSHM_OPS_MAX; op++) {
		if (!counter_op(op, name))
			continue;
		printf("%s\"%s\": %" PRIu64, separator, name, status->requests[op]);
		separator = ", ";
	}
	fputs("}}\n", stdout);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct prshm_broker_status answer;
	enum prshm_result result;
	struct place place = {0};
	bool json = false;
	int status;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;)
		json = json || letter == 'j';
	command_expect(argc, 0, 0);
	result = prshm_status(&answer);
	if (result == PRSHM_OK)
		result = place_get(&place);
	status = failure_report(result, NULL);
	if (status == DONE)
		(json ? print_json : print_text)(&answer, &place);
	place_deinit(&place);
	return status;
}

const struct command command_status = {
	.name = "status",
	.arguments = "[OPTION]...",
	.summary = "Shows how the broker and its keeper are",
	.help = "Which broker it is, why that one, who runs it and which configuration it has\n"
		"read; since when it runs, how often one has taken over from another, and\n"
		"whether a keeper is there, for which it may die. Then what there is, how much\n"
		"that is of what there may be, and what it has done since it started. All\n"
		"users may see it.\n"
		"\n"
		"      --json  JSON, with exact numbers\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl status\n",
	.run = run,
};
