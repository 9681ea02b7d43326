/* SPDX-License-Identifier: MIT */
/* prshmctl list: a table of what there is. */
#include <stdlib.h>
#include <string.h>

#include "ctl/column.h"
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/table.h"

#define COLUMNS_MAX 32

struct listing {
	const struct column *columns[COLUMNS_MAX];
	size_t count;
	const struct column *sort;
	bool descending;
	bool all, json, raw, no_headings, bytes;
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

/* A script that reads JSON takes what it wants: it gets all. */
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
	fputs("\n]}\n", stdout);
}

/* Nobody holds it, and it will not go by itself: what a leak looks like. */
static bool is_left(const struct prshm_stat *stat)
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
	return printed ? DONE : FAILED;
}

static int list(const struct listing *listing, const char *prefix)
{
	struct segments segments = {0};
	enum prshm_result result = segments_get(&segments, prefix, listing->all);
	int status = failure_report(result, NULL);

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
		{"raw", no_argument, NULL, 'r'},
		{"sort", required_argument, NULL, 's'},
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
		if (letter == 'c')
			choose_columns(&listing, optarg);
		else if (letter == 's')
			choose_sort(&listing, optarg);
	}
	command_expect(argc, 0, 1);
	if (listing.json && listing.raw)
		command_misused("--json and --raw: one of them");
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
		"  prshmctl list --columns=name,holders,idle   what nobody opens any longer\n"
		"  prshmctl list --raw --noheadings --columns=name /demo/\n",
	.run = run,
};
