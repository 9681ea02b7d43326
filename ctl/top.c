/* SPDX-License-Identifier: MIT */
/*
 * prshmctl top: what the broker does now. A sample is all that the broker tells at one time. A rate
 * is the difference of a counter in two samples, divided by the time between them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/accounts.h"
#include "ctl/command.h"
#include "ctl/counter.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/screen.h"
#include "ctl/segments.h"
#include "ctl/text.h"

#define REFRESH_MS 1000
#define HEAD_ROWS  6  /* above the three lists */
#define ROWS_MAX   10 /* of a list */
#define NARROW     60 /* columns: with fewer, only what fits beside a name is shown */

struct sample {
	double time; /* seconds */
	struct prshm_broker_status status;
	struct segments segments;
	struct accounts accounts;
};

static void sample_deinit(struct sample *sample)
{
	segments_deinit(&sample->segments);
	accounts_deinit(&sample->accounts);
}

static enum prshm_result sample_get(struct sample *out)
{
	struct timespec now;
	enum prshm_result result;

	*out = (struct sample){0};
	result = prshm_status(&out->status);
	clock_gettime(CLOCK_MONOTONIC, &now);
	out->time = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (result == PRSHM_OK)
		result = segments_get(&out->segments, "", true);
	if (result == PRSHM_OK)
		result = accounts_get(&out->accounts, (uid_t)-1);
	if (result != PRSHM_OK)
		sample_deinit(out);
	return result;
}

/* The first columns come first: a narrow screen shows only those. */
static void draw_state(FILE *to, const struct prshm_broker_status *status)
{
	char counts[4][TEXT_COUNT_MAX];
	char restarts[TEXT_COUNT_MAX];
	char text[TEXT_NUMBER_MAX];
	char now[TEXT_NUMBER_MAX];

	fprintf(to, "prshmd %s, up %s, keeper %s, %s; %s\n", status->version,
		text_duration(segments_since(status->started), text),
		counter_keeper(status->keeper), text_count(status->restarts, "restart", restarts),
		text_time(segments_now(), now));
	fprintf(to, "%s of %s, %s, %s, %s\n", text_count(status->segments, "segment", counts[0]),
		text_size(status->bytes, text), text_count(status->handles, "handle", counts[1]),
		text_count(status->users, "user", counts[2]),
		text_count(status->connections, "connection", counts[3]));
}

/*
 * last: the sample before. NULL: there is none, so the sums since the start of the broker are
 * shown.
 */
static void draw_rates(FILE *to, const struct sample *last, const struct sample *now)
{
	static const char *const shown[] = {
		"opens", "creations", "deletions", "expiries", "closes", "denials"};

	fputs(last ? "per second:" : "since the start:", to);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		const struct counter *c = counter_table;
		uint64_t value;

		while (strcmp(c->name, shown[i]) != 0)
			c++;
		value = counter_value(c, &now->status);
		fputs(i > 0 ? ", " : " ", to);
		if (!last) {
			fprintf(to, "%s %" PRIu64, c->name, value);
			continue;
		}
		/* A broker that was started anew counts from 0. */
		value -= last->status.started == now->status.started
				 ? counter_value(c, &last->status)
				 : 0;
		fprintf(to, "%s %.0f", c->name, (double)value / (now->time - last->time));
	}
	fputs("\n\n", to);
}

static int by_memory(const void *left, const void *right)
{
	const struct prshm_account *a = left;
	const struct prshm_account *b = right;
	const uint64_t x = a->usage[PRSHM_BYTES].used;
	const uint64_t y = b->usage[PRSHM_BYTES].used;

	return (x < y) - (x > y);
}

static int by_size(const void *left, const void *right)
{
	const struct segment *a = left;
	const struct segment *b = right;

	return (a->stat.size < b->stat.size) - (a->stat.size > b->stat.size);
}

/* By number, which only grows: several segments may be made within one tick of the clock. */
static int by_age(const void *left, const void *right)
{
	const struct segment *a = left;
	const struct segment *b = right;

	return (a->stat.number < b->stat.number) - (a->stat.number > b->stat.number);
}

static void draw_user(FILE *to, const struct prshm_account *account, bool narrow)
{
	const struct prshm_usage *usage = account->usage;
	const char *user = identity_name(PRSHM_USER, account->uid);
	char size[TEXT_NUMBER_MAX];

	text_size(usage[PRSHM_BYTES].used, size);
	if (narrow)
		fprintf(to, "%6s %8" PRIu64 "  %s\n", size, usage[PRSHM_SEGMENTS].used, user);
	else
		fprintf(to, "%6s %8" PRIu64 " %8" PRIu64 " %11" PRIu64 "  %s\n", size,
			usage[PRSHM_SEGMENTS].used, usage[PRSHM_HANDLES].used,
			usage[PRSHM_CONNECTIONS].used, user);
}

static void draw_users(FILE *to, struct accounts *accounts, size_t rows, bool narrow)
{
	if (accounts->count > 0)
		qsort(accounts->accounts, accounts->count, sizeof(*accounts->accounts), by_memory);
	fputs(narrow ? "MEMORY SEGMENTS  USER\n" : "MEMORY SEGMENTS  HANDLES CONNECTIONS  USER\n",
		to);
	for (size_t i = 0; i < rows && i < accounts->count; i++)
		draw_user(to, &accounts->accounts[i], narrow);
	fputc('\n', to);
}

/* The name comes last: it is what the screen's width cuts. */
static void draw_segment(FILE *to, const struct segment *segment, bool narrow)
{
	char *name = text_escape(segment->name[0] ? segment->name : "-");
	char size[TEXT_NUMBER_MAX];
	char used[TEXT_NUMBER_MAX];
	char age[TEXT_NUMBER_MAX];

	text_size(segment->stat.size, size);
	if (narrow)
		fprintf(to, "%6s %7" PRIu32 "  %s\n", size, segment->stat.holders, name);
	else
		fprintf(to, "%6s %6s %7" PRIu32 " %6s %-10s  %s\n", size,
			text_size(segment->stat.used, used), segment->stat.holders,
			text_duration(segments_since(segment->stat.created), age),
			identity_name(PRSHM_USER, segment->stat.uid), name);
	free(name);
}

static void draw_segments(FILE *to, const char *title, struct segments *segments,
	int (*compare)(const void *, const void *), size_t rows, bool narrow)
{
	if (segments->count > 0)
		qsort(segments->segments, segments->count, sizeof(*segments->segments), compare);
	fprintf(to, "%s%s\n",
		narrow ? "  SIZE HOLDERS  " : "  SIZE   USED HOLDERS    AGE OWNER       ", title);
	for (size_t i = 0; i < rows && i < segments->count; i++)
		draw_segment(to, &segments->segments[i], narrow);
	fputc('\n', to);
}

/*
 * Each list gets a third of what is left, without its heading and the line behind it; but at least
 * a line.
 */
static char *draw(const struct sample *last, struct sample *now, struct screen_size screen)
{
	const size_t rows = screen.rows;
	const bool narrow = screen.columns < NARROW;
	const size_t left = rows >= HEAD_ROWS + 9 ? (rows - HEAD_ROWS) / 3 - 2 : 1;
	const size_t each = left < ROWS_MAX ? left : ROWS_MAX;
	char *text = NULL;
	size_t length;
	FILE *to = text_need(open_memstream(&text, &length));

	draw_state(to, &now->status);
	draw_rates(to, last, now);
	draw_users(to, &now->accounts, each, narrow);
	draw_segments(to, "BIGGEST", &now->segments, by_size, each, narrow);
	draw_segments(to, "NEWEST", &now->segments, by_age, each, narrow);
	fclose(to);
	return text_need(text);
}

static int print_once(void)
{
	struct sample sample;
	const enum prshm_result result = sample_get(&sample);
	char *text;

	if (result != PRSHM_OK)
		return failure_report(result, NULL);
	text = draw(NULL, &sample, (struct screen_size){SIZE_MAX, SIZE_MAX});
	fputs(text, stdout);
	free(text);
	sample_deinit(&sample);
	return DONE;
}

static int run_live(void)
{
	struct sample last;
	struct sample now;
	enum screen_event event = SCREEN_TIME;
	enum prshm_result result = sample_get(&last);
	bool is_first = true;

	if (result != PRSHM_OK)
		return failure_report(result, NULL);
	screen_enter();
	while (event != SCREEN_QUIT && (result = sample_get(&now)) == PRSHM_OK) {
		char *text = draw(is_first ? NULL : &last, &now, screen_size());

		screen_show(text);
		free(text);
		event = screen_wait(REFRESH_MS);
		/* Drawn for a new size or a key: too soon for new rates. */
		if (event == SCREEN_TIME) {
			sample_deinit(&last);
			last = now;
			is_first = false;
		} else {
			sample_deinit(&now);
		}
	}
	screen_leave();
	sample_deinit(&last);
	return failure_report(result, NULL);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"once", no_argument, NULL, 'o'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	bool once = false;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;)
		once = once || letter == 'o';
	command_expect(argc, 0, 0);
	return once || !screen_is_possible() ? print_once() : run_live();
}

const struct command command_top = {
	.name = "top",
	.arguments = "[OPTION]...",
	.summary = "Shows what goes on, live; q ends it",
	.help = "Each second: what is done per second, which users have most memory, and which\n"
		"segments are the biggest and the newest. Where there is no terminal, once.\n"
		"\n"
		"      --once  once, with what was done since the broker started\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl top --once\n",
	.run = run,
};
