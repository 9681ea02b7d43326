/* SPDX-License-Identifier: MIT */
/* Which broker answers, and what is known of it. */
#include "ctl/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/identity.h"
#include "ctl/text.h"

static bool take_file(void *context, const char *path, bool was_read)
{
	struct place *place = context;

	if (!was_read) {
		place->no_file = text_need(strdup(path));
		return true;
	}
	place->files =
		text_need(reallocarray(place->files, place->count + 1, sizeof(*place->files)));
	place->files[place->count++] = text_need(strdup(path));
	return true;
}

enum prshm_result place_get(struct place *place)
{
	enum prshm_result result;

	*place = (struct place){0};
	result = prshm_broker(&place->broker);
	if (result == PRSHM_OK)
		result = prshm_misconfiguration(place->trouble, sizeof(place->trouble));
	return result == PRSHM_OK ? prshm_configuration(take_file, place) : result;
}

void place_deinit(struct place *place)
{
	for (size_t i = 0; i < place->count; i++)
		free(place->files[i]);
	free(place->files);
	free(place->no_file);
	*place = (struct place){0};
}

static void print_escaped(const char *separator, const char *path)
{
	char *escaped = text_escape(path);

	printf("%s%s", separator, escaped);
	free(escaped);
}

static const char *reason(enum prshm_choice choice)
{
	switch (choice) {
	case PRSHM_BY_ENVIRONMENT:
		return "where PRSHM_SOCKET points";
	case PRSHM_BY_HOST:
		return "that of the host";
	case PRSHM_BY_USER:
		return "your own, as there is none of the host";
	}
	return "?";
}

/* "since 2026-12-01 10:00:00, as what is there now is wrong: prshmd.conf:2: an unknown key" */
static void print_trouble(const struct place *place, const struct prshm_broker_status *status)
{
	char time[TEXT_NUMBER_MAX];

	printf("%12s  the last good configuration since %s, as that of now is wrong", "in force",
		text_time(status->misconfigured / 1000000000U, time));
	fputs(place->trouble[0] ? ": " : "; root and observers are told why", stdout);
	for (const char *c = place->trouble; *c; c++)
		/* text with spaces */
		fputc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, stdout);
	fputc('\n', stdout);
}

void place_print(const struct place *place, const struct prshm_broker_status *status)
{
	print_escaped("      socket  ", place->broker.path);
	printf(", %s\n", reason(place->broker.choice));
	if (status->pid != 0)
		printf("%12s  %s, process %" PRIu32 "\n", "run by",
			identity_name(PRSHM_USER, status->uid), status->pid);
	if (status->misconfigured != 0)
		print_trouble(place, status);
	if (place->count == 0 && !place->no_file)
		return;
	printf("%12s", "configured");
	for (size_t i = 0; i < place->count; i++)
		print_escaped(i == 0 ? "  by " : ", ", place->files[i]);
	if (place->no_file) {
		print_escaped("  by no file: there is neither ", place->no_file);
		print_escaped(" nor ", place->no_file);
		fputs(".d/*.conf", stdout);
	}
	fputc('\n', stdout);
}

void place_print_json(const struct place *place, const struct prshm_broker_status *status)
{
	static const char *const choices[] = {
		[PRSHM_BY_ENVIRONMENT] = "environment",
		[PRSHM_BY_HOST] = "host",
		[PRSHM_BY_USER] = "user",
	};
	const enum prshm_choice choice = place->broker.choice;

	fputs("\"socket\": ", stdout);
	text_print_json(place->broker.path, stdout);
	printf(", \"choice\": \"%s\", ", choice && choice <= PRSHM_BY_USER ? choices[choice] : "?");
	if (status->pid != 0) {
		printf("\"pid\": %" PRIu32 ", \"uid\": %" PRIu32 ", \"user\": ", status->pid,
			status->uid);
		text_print_json(identity_name(PRSHM_USER, status->uid), stdout);
		fputs(", ", stdout);
	}
	fputs("\"configuration\": [", stdout);
	for (size_t i = 0; i < place->count; i++) {
		fputs(i > 0 ? ", " : "", stdout);
		text_print_json(place->files[i], stdout);
	}
	fputs("], ", stdout);
	if (status->misconfigured == 0)
		return;
	printf("\"misconfigured\": %" PRIu64 ", \"misconfiguration\": ",
		status->misconfigured / 1000000000U);
	text_print_json(place->trouble, stdout);
	fputs(", ", stdout);
}
