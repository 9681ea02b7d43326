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

/* "alice, process 614 (word-count)" */
static void print_actor(const char *title, uid_t uid, pid_t pid)
{
	char command[HOLDERS_COMMAND_MAX];
	char *escaped;

	if (uid == (uid_t)-1) {
		printf("%10s  -\n", title);
		return;
	}
	escaped = text_escape(holders_command(pid, command));
	printf("%10s  %s, process %jd (%s)\n", title, identity_name(PRSHM_USER, uid), (intmax_t)pid,
		escaped);
	free(escaped);
}

static void print_json_actor(const char *title, uid_t uid, pid_t pid)
{
	if (uid == (uid_t)-1) {
		printf("\"%s\": null, ", title);
		return;
	}
	printf("\"%s\": {\"uid\": %ju, \"user\": ", title, (uintmax_t)uid);
	text_print_json(identity_name(PRSHM_USER, uid), stdout);
	printf(", \"pid\": %jd}, ", (intmax_t)pid);
}

struct shown {
	struct segment segment;
	struct prshm_actors origin;
	struct holders holders;
};

static bool print_text(const struct shown *shown, bool bytes)
{
	const struct segment *segment = &shown->segment;

	for (size_t i = 0; i < column_count; i++) {
		print_line(&column_table[i], segment, bytes);
		if (strcmp(column_table[i].name, "rights") == 0)
			print_entries(&segment->stat.rights);
	}
	print_actor("made by", shown->origin.creator_uid, shown->origin.creator_pid);
	print_actor("opened by", shown->origin.opener_uid, shown->origin.opener_pid);
	return holders_print(&shown->holders);
}

static void print_json(const struct shown *shown)
{
	const struct segment *segment = &shown->segment;

	fputc('{', stdout);
	for (size_t i = 0; i < column_count; i++) {
		column_print_json(&column_table[i], segment, stdout);
		fputs(", ", stdout);
	}
	print_json_actor("creator", shown->origin.creator_uid, shown->origin.creator_pid);
	print_json_actor("opener", shown->origin.opener_uid, shown->origin.opener_pid);
	fputs("\"entries\": ", stdout);
	acl_print_json(&segment->stat.rights, stdout);
	fputs(", \"handles\": ", stdout);
	holders_print_json(&shown->holders);
	fputs("}\n", stdout);
}

/* Asks for everything before it shows anything: the segment may be deleted meanwhile. */
static int show(char *name, bool json, bool bytes)
{
	struct shown shown = {
		.segment = {.name = name},
		.origin = {.creator_uid = (uid_t)-1, .opener_uid = (uid_t)-1},
	};
	enum prshm_result result = prshm_stat(name, &shown.segment.stat);
	int status;

	if (result == PRSHM_OK)
		result = holders_get(&shown.holders, shown.segment.stat.number);
	if (result == PRSHM_OK)
		result = prshm_origin(shown.segment.stat.number, &shown.origin);
	/* An older broker does not tell: show the rest. */
	status = failure_report(result == PRSHM_UNSUPPORTED ? PRSHM_OK : result, name);
	if (status == DONE && json)
		print_json(&shown);
	else if (status == DONE && !print_text(&shown, bytes))
		status = FAILED;
	holders_deinit(&shown.holders);
	return status;
}

static int run(int argc, char **argv)
{
	bool bytes = false;
	bool json = false;

	command_output_options(argc, argv, &bytes, &json);
	command_expect(argc, 1, 1);
	return show(argv[optind], json, bytes);
}

const struct command command_show = {
	.name = "show",
	.arguments = "[OPTION]... NAME",
	.summary = "Shows one segment, and who has it open",
	.help = "What the lines mean, 'prshmctl list --help' and prshmctl(1) tell; also who made\n"
		"the segment and who opened it last, as far as the broker knows. Below them\n"
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
