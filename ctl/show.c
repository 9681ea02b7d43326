/* SPDX-License-Identifier: MIT */
/* prshmctl show: all that the broker tells of one segment: its entries, and who has it open. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/acl.h"
#include "ctl/column.h"
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/holders.h"
#include "ctl/identity.h"

static void print_entries(const struct prshm_rights *rights)
{
	for (size_t i = 0; i < rights->entry_count; i++) {
		char *entry = acl_entry_text(&rights->entries[i]);

		printf("%10s  %s\n", i == 0 ? "entries" : "", entry);
		free(entry);
	}
}

/* "1.5M (1572864)", "3h (10800)": for people, and exactly, where that is not the same. */
static void print_line(const struct column *column, const struct segment *segment, bool bytes)
{
	char *text = column_text(column, segment, bytes && column->kind == COLUMN_BYTES);
	char *exact = column_text(column, segment, true);

	printf("%10s  %s", column->name, text);
	if (column->kind == COLUMN_BYTES && strcmp(text, exact) != 0)
		printf(" (%s bytes)", exact);
	fputc('\n', stdout);
	free(exact);
	free(text);
}

static bool print_text(const struct segment *segment, const struct holders *holders, bool bytes)
{
	for (size_t i = 0; i < column_count; i++) {
		print_line(&column_table[i], segment, bytes);
		if (strcmp(column_table[i].name, "rights") == 0)
			print_entries(&segment->stat.rights);
	}
	return holders_print(holders);
}

static void print_json(const struct segment *segment, const struct holders *holders)
{
	const struct prshm_rights *rights = &segment->stat.rights;

	fputc('{', stdout);
	for (size_t i = 0; i < column_count; i++) {
		column_print_json(&column_table[i], segment, stdout);
		fputs(", ", stdout);
	}
	fputs("\"entries\": [", stdout);
	for (size_t i = 0; i < rights->entry_count; i++) {
		const struct prshm_entry *entry = &rights->entries[i];
		char letters[ACL_LETTERS_MAX];

		printf("%s{\"kind\": \"%s\", \"id\": %" PRIu32 ", \"name\": ", i > 0 ? ", " : "",
			entry->kind == PRSHM_USER ? "user" : "group", entry->id);
		text_print_json(identity_name(entry->kind, entry->id), stdout);
		printf(", \"rights\": \"%s\"}", acl_letters(entry->rights, letters));
	}
	fputs("], \"handles\": ", stdout);
	holders_print_json(holders);
	fputs("}\n", stdout);
}

/* All is there before anything is shown: it may be deleted meanwhile. */
static int show(char *name, bool json, bool bytes)
{
	struct segment segment = {.name = name};
	struct holders holders = {0};
	enum prshm_result result = prshm_stat(name, &segment.stat);
	int status;

	if (result == PRSHM_OK)
		result = holders_get(&holders, segment.stat.number);
	status = failure_report(result, name);
	if (status == DONE && json)
		print_json(&segment, &holders);
	else if (status == DONE && !print_text(&segment, &holders, bytes))
		status = FAILED;
	holders_deinit(&holders);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"bytes", no_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'j'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	bool bytes = false;
	bool json = false;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		bytes = bytes || letter == 'b';
		json = json || letter == 'j';
	}
	command_expect(argc, 1, 1);
	return show(argv[optind], json, bytes);
}

const struct command command_show = {
	.name = "show",
	.arguments = "[OPTION]... NAME",
	.summary = "Shows one segment, and who has it open",
	.help = "What the lines mean, 'prshmctl list --help' and prshmctl(1) tell. Below them\n"
		"is a line for each time that it is open: the process, its user, whether it\n"
		"may read or write, and since when.\n"
		"\n"
		"      --bytes  exact sizes in place of 64K\n"
		"      --json   JSON, with exact numbers\n"
		"  -h, --help   print this and exit\n"
		"\n"
		"  prshmctl show /demo/words\n",
	.run = run,
};
