/* SPDX-License-Identifier: MIT */
/* prshmctl list: a table of what there is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/column.h"
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/table.h"

#define COLUMNS_MAX 32

struct listing {
	const struct column *columns[COLUMNS_MAX];
	size_t count;
	const struct column *sort;
	bool descending;
	bool all, json, raw, no_headings, bytes, total;
	bool unused; /* only what nobody holds */
	bool one_owner;
	uid_t owner;
};

static const struct column *find_or_complain(const char *name, size_t length)
{
	const struct column *column = column_find(name, length);

	if (!column)
		command_misused("%.*s: no such column", (int)length, name);
	return column;
}

static void choose_columns(struct listing *listing, const char *list)
{
	listing->count = 0;
	for (;; list++) {
		const size_t length = strcspn(list, ",");

		if (listing->count == COLUMNS_MAX)
			command_misused("at most %d columns", COLUMNS_MAX);
		listing->columns[listing->count++] = find_or_complain(list, length);
		list += length;
		if (*list == '\0')
			return;
	}
}

static void choose_sort(struct listing *listing, const char *text)
{
	listing->descending = text[0] == '-';
	text += listing->descending;
	listing->sort = find_or_complain(text, strlen(text));
}

static bool choose_owner(struct listing *listing, const char *text)
{
	listing->one_owner = identity_parse(PRSHM_USER, text, strlen(text), &listing->owner);
	return listing->one_owner;
}

/* JSON has all columns: a script takes those that it wants. */
static void choose_default_columns(struct listing *listing)
{
	for (size_t i = 0; i < column_count; i++) {
		if (listing->json || column_table[i].is_default)
			listing->columns[listing->count++] = &column_table[i];
	}
}

static int compare(const void *left, const void *right, void *context)
{
	const struct listing *listing = context;
	const int order = column_compare(listing->sort, left, right);

	return listing->descending ? -order : order;
}

struct total {
	uint64_t size, used;
};

static struct total add_up(const struct segments *segments)
{
	struct total total = {0};

	for (size_t i = 0; i < segments->count; i++) {
		total.size += segments->segments[i].stat.size;
		total.used += segments->segments[i].stat.used;
	}
	return total;
}

/* "3 segments of 5M, which take 4K now" */
static void print_total(const struct listing *listing, const struct segments *segments)
{
	const struct total total = add_up(segments);
	char count[TEXT_COUNT_MAX];
	char size[TEXT_NUMBER_MAX];
	char used[TEXT_NUMBER_MAX];

	text_count(segments->count, "segment", count);
	if (listing->bytes)
		printf("%s of %" PRIu64 " bytes, which take %" PRIu64 " now\n", count, total.size,
			total.used);
	else
		printf("%s of %s, which take %s now\n", count, text_size(total.size, size),
			text_size(total.used, used));
}

static void print_json(const struct listing *listing, const struct segments *segments)
{
	fputs("{\"segments\": [", stdout);
	for (size_t row = 0; row < segments->count; row++) {
		fputs(row > 0 ? ",\n  {" : "\n  {", stdout);
		for (size_t i = 0; i < listing->count; i++) {
			fputs(i > 0 ? ", " : "", stdout);
			column_print_json(listing->columns[i], &segments->segments[row], stdout);
		}
		fputc('}', stdout);
	}
	fputs("\n]", stdout);
	if (listing->total) {
		const struct total total = add_up(segments);

		printf(", \"total\": {\"segments\": %zu, \"size\": %" PRIu64 ", \"used\": %" PRIu64
		       "}",
			segments->count, total.size, total.used);
	}
	fputs("}\n", stdout);
}

/* Nobody holds the segment, and it stays for ever: a leak looks like this. */
static bool is_left(const struct prshm_segment *stat)
{
	return stat->holders == 0 && stat->lifetime == PRSHM_KEPT && stat->linger == 0;
}

static int print_table(const struct listing *listing, const struct segments *segments)
{
	struct table *table = table_new(listing->raw, !listing->no_headings);
	bool printed;

	for (size_t i = 0; i < listing->count; i++) {
		const struct column *column = listing->columns[i];

		table_add_column(table, column->name,
			column->kind != COLUMN_TEXT && column->kind != COLUMN_TIME,
			strcmp(column->name, "name") == 0);
	}
	for (size_t row = 0; row < segments->count; row++) {
		const struct segment *segment = &segments->segments[row];

		table_add_row(table, is_left(&segment->stat));
		for (size_t i = 0; i < listing->count; i++) {
			const struct column *column = listing->columns[i];
			const bool exact =
				listing->raw || (listing->bytes && column->kind == COLUMN_BYTES);
			char *text = column_text(column, segment, exact);

			table_set(table, i, text);
			free(text);
		}
	}
	printed = table_print(table);
	table_free(table);
	if (printed && listing->total)
		print_total(listing, segments);
	return printed ? DONE : FAILED;
}

/* Removes from the list what the options do not ask for. */
static void choose_segments(const struct listing *listing, struct segments *segments)
{
	size_t kept = 0;

	for (size_t i = 0; i < segments->count; i++) {
		struct segment *segment = &segments->segments[i];

		if ((listing->unused && segment->stat.holders > 0) ||
			(listing->one_owner && segment->stat.uid != listing->owner))
			free(segment->name);
		else
			segments->segments[kept++] = *segment;
	}
	segments->count = kept;
}

static int list(const struct listing *listing, const char *prefix)
{
	struct segments segments = {0};
	enum prshm_result result = segments_get(&segments, prefix, listing->all);
	int status = failure_report(result, NULL);

	choose_segments(listing, &segments);
	if (status == DONE && segments.count > 0)
		qsort_r(segments.segments, segments.count, sizeof(*segments.segments), compare,
			(void *)listing);
	if (status == DONE && listing->json)
		print_json(listing, &segments);
	else if (status == DONE)
		status = print_table(listing, &segments);
	segments_deinit(&segments);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'},
		{"bytes", no_argument, NULL, 'b'},
		{"columns", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"noheadings", no_argument, NULL, 'n'},
		{"owner", required_argument, NULL, 'o'},
		{"raw", no_argument, NULL, 'r'},
		{"sort", required_argument, NULL, 's'},
		{"total", no_argument, NULL, 't'},
		{"unused", no_argument, NULL, 'u'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct listing listing = {.sort = &column_table[0]};
	const char *prefix = "";

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		listing.all = listing.all || letter == 'a';
		listing.bytes = listing.bytes || letter == 'b';
		listing.json = listing.json || letter == 'j';
		listing.no_headings = listing.no_headings || letter == 'n';
		listing.raw = listing.raw || letter == 'r';
		listing.total = listing.total || letter == 't';
		listing.unused = listing.unused || letter == 'u';
		if (letter == 'c')
			choose_columns(&listing, optarg);
		else if (letter == 's')
			choose_sort(&listing, optarg);
		else if (letter == 'o' && !choose_owner(&listing, optarg))
			return failure_say(optarg, "no such user");
	}
	command_expect(argc, 0, 1);
	if (listing.raw && (listing.json || listing.total))
		command_misused("--raw and %s: one of them", listing.json ? "--json" : "--total");
	if (optind < argc) {
		prefix = argv[optind];
		segments_check_prefix(prefix);
	}
	if (listing.count == 0)
		choose_default_columns(&listing);
	return list(&listing, prefix);
}

const struct command command_list = {
	.name = "list",
	.arguments = "[OPTION]... [PREFIX]",
	.summary = "Shows the segments, or those below PREFIX",
	.help = "Those that you may see: your own, and what you may read, delete or manage.\n"
		"On a terminal, yellow is what nobody holds and what is kept all the same.\n"
		"\n"
		"      --all            anonymous memory, too\n"
		"      --owner=USER     only what USER owns\n"
		"      --unused         only what nobody has open\n"
		"      --total          a line at the end: how many, how large, how much memory\n"
		"      --sort=COLUMN    sort by it; --sort=-COLUMN: largest first (name)\n"
		"      --columns=LIST   show these, with commas between them\n"
		"      --bytes          exact sizes in place of 64K\n"
		"      --json           JSON, with all columns and exact numbers\n"
		"      --raw            words with single spaces between them, and exact numbers;\n"
		"                       other bytes of names are \\xNN, see printf(1), %b\n"
		"      --noheadings     no headings\n"
		"  -h, --help           print this and exit\n"
		"\n"
		"Columns: those with a star are shown if --columns does not say which.\n"
		"  name *      owner *     group       rights *    size *      used *\n"
		"  holders *   lifetime *  linger      age *       idle        created\n"
		"  opened      uid         gid\n"
		"\n"
		"  prshmctl list --sort=-used                  what takes most memory\n"
		"  prshmctl list --unused --total              what is left behind\n"
		"  prshmctl list --columns=name,holders,idle   what nobody opens any longer\n"
		"  prshmctl list --raw --noheadings --columns=name /demo/\n",
	.run = run,
};
