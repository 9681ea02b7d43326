/* SPDX-License-Identifier: MIT */
/*
 * prshmctl ps: which processes hold segments, or what one process holds. The broker is asked for
 * the holders of each segment that the caller may see: there is no list by process.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/holders.h"
#include "ctl/identity.h"
#include "ctl/segments.h"
#include "ctl/table.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

/* What one process has of one segment. */
struct hold {
	const struct segment *segment;
	pid_t pid;
	uid_t uid;
	unsigned int access; /* of all its handles together */
	uint64_t handles;
	uint64_t since; /* of the first of them */
};

/* What one process has of all of them. */
struct process {
	pid_t pid;
	uid_t uid;
	uint64_t segments, handles, size;
};

struct holds {
	struct hold *holds;
	size_t count;
	pid_t only; /* 0: all processes */
};

static void add_holder(struct holds *holds, size_t first, const struct segment *segment,
	const struct prshm_holder *holder)
{
	size_t i = first;

	while (i < holds->count &&
		(holds->holds[i].pid != holder->pid || holds->holds[i].uid != holder->uid))
		i++;
	if (i == holds->count) {
		holds->holds = text_need(
			reallocarray(holds->holds, holds->count + 1, sizeof(*holds->holds)));
		holds->holds[holds->count++] = (struct hold){.segment = segment,
			.pid = holder->pid,
			.uid = holder->uid,
			.since = holder->since};
	}
	holds->holds[i].access |= holder->access;
	holds->holds[i].handles++;
	if (holder->since < holds->holds[i].since)
		holds->holds[i].since = holder->since;
}

/* It is no failure if a segment has gone since the list was made. */
static enum prshm_result get_holds(struct holds *holds, const struct segments *segments)
{
	enum prshm_result result = PRSHM_OK;

	for (size_t i = 0; i < segments->count && result == PRSHM_OK; i++) {
		const size_t first = holds->count;
		struct holders holders = {0};

		if (segments->segments[i].stat.holders == 0)
			continue;
		result = holders_get(&holders, segments->segments[i].stat.number);
		for (size_t j = 0; j < holders.count; j++) {
			if (holds->only == 0 || holders.holders[j].pid == holds->only)
				add_holder(
					holds, first, &segments->segments[i], &holders.holders[j]);
		}
		holders_deinit(&holders);
		if (result == PRSHM_NOT_FOUND)
			result = PRSHM_OK;
	}
	return result;
}

static int by_process(const void *left, const void *right)
{
	const struct hold *a = left;
	const struct hold *b = right;

	if (a->pid != b->pid)
		return (a->pid > b->pid) - (a->pid < b->pid);
	return (a->uid > b->uid) - (a->uid < b->uid);
}

static int by_size(const void *left, const void *right)
{
	const struct process *a = left;
	const struct process *b = right;

	if (a->size != b->size)
		return (a->size < b->size) - (a->size > b->size);
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* The processes, sorted: the one with most memory comes first. The caller frees them. */
static struct process *add_up(struct holds *holds, size_t *count)
{
	struct process *processes = text_need(calloc(holds->count + 1, sizeof(*processes)));
	size_t last = 0;

	*count = 0;
	if (holds->count == 0)
		return processes;
	qsort(holds->holds, holds->count, sizeof(*holds->holds), by_process);
	for (size_t i = 0; i < holds->count; i++) {
		const struct hold *hold = &holds->holds[i];

		if (i > 0 && by_process(hold, hold - 1) != 0)
			last++;
		processes[last].pid = hold->pid;
		processes[last].uid = hold->uid;
		processes[last].segments++;
		processes[last].handles += hold->handles;
		processes[last].size += hold->segment->stat.size;
	}
	*count = last + 1;
	qsort(processes, *count, sizeof(*processes), by_size);
	return processes;
}

static void set_number(struct table *table, size_t column, uint64_t number)
{
	char text[TEXT_NUMBER_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	table_set(table, column, text);
}

static void set_size(struct table *table, size_t column, uint64_t size, bool bytes)
{
	char text[TEXT_NUMBER_MAX];

	if (bytes)
		set_number(table, column, size);
	else
		table_set(table, column, text_size(size, text));
}

static void add_process(struct table *table, const struct process *process, bool bytes)
{
	char command[HOLDERS_COMMAND_MAX];
	char *escaped = text_escape(holders_command(process->pid, command));

	table_add_row(table, false);
	if (process->pid > 0)
		set_number(table, 0, (uint64_t)process->pid);
	else
		table_set(table, 0, "?");
	table_set(table, 1, escaped);
	table_set(table, 2, identity_name(PRSHM_USER, process->uid));
	set_number(table, 3, process->segments);
	set_number(table, 4, process->handles);
	set_size(table, 5, process->size, bytes);
	free(escaped);
}

static void add_hold(struct table *table, const struct hold *hold, bool bytes)
{
	char *name = text_escape(hold->segment->name[0] ? hold->segment->name : "-");
	char since[TEXT_NUMBER_MAX];

	table_add_row(table, false);
	table_set(table, 0, name);
	set_size(table, 1, hold->segment->stat.size, bytes);
	table_set(table, 2, holders_access(hold->access));
	set_number(table, 3, hold->handles);
	table_set(table, 4, text_time(hold->since / NANOSECONDS, since));
	free(name);
}

static int print_table(struct holds *holds, bool bytes)
{
	static const char *const of_all[] = {
		"pid", "command", "user", "segments", "handles", "size"};
	static const char *const of_one[] = {"name", "size", "access", "handles", "since"};
	struct table *table = table_new(false, true);
	bool printed;

	for (size_t i = 0; i < 6 && holds->only == 0; i++)
		table_add_column(table, of_all[i], i == 0 || i > 2, false);
	for (size_t i = 0; i < 5 && holds->only != 0; i++)
		table_add_column(table, of_one[i], i == 1 || i == 3, i == 0);
	if (holds->only == 0) {
		size_t count;
		struct process *processes = add_up(holds, &count);

		for (size_t i = 0; i < count; i++)
			add_process(table, &processes[i], bytes);
		free(processes);
	}
	for (size_t i = 0; i < holds->count && holds->only != 0; i++)
		add_hold(table, &holds->holds[i], bytes);
	printed = table_print(table);
	table_free(table);
	return printed ? DONE : FAILED;
}

static void print_holds_json(const struct hold *holds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ", stdout);
		if (holds[i].segment->name[0])
			text_print_json(holds[i].segment->name, stdout);
		else
			fputs("null", stdout);
		printf(", \"segment\": %" PRIu64
		       ", \"size\": %zu, \"access\": \"%s\", \"handles\": %" PRIu64
		       ", \"since\": %" PRIu64 "}",
			holds[i].segment->stat.number, holds[i].segment->stat.size,
			holders_access(holds[i].access), holds[i].handles,
			holds[i].since / NANOSECONDS);
	}
}

/* By process, with what each holds. */
static int print_json(struct holds *holds)
{
	size_t end;

	if (holds->count > 0)
		qsort(holds->holds, holds->count, sizeof(*holds->holds), by_process);
	fputs("{\"processes\": [", stdout);
	for (size_t i = 0; i < holds->count; i = end) {
		const struct hold *hold = &holds->holds[i];
		char command[HOLDERS_COMMAND_MAX];

		for (end = i + 1; end < holds->count && by_process(hold, &holds->holds[end]) == 0;
			end++)
			;
		printf("%s\n  {\"pid\": %jd, \"command\": ", i > 0 ? "," : "", (intmax_t)hold->pid);
		text_print_json(holders_command(hold->pid, command), stdout);
		printf(", \"uid\": %ju, \"user\": ", (uintmax_t)hold->uid);
		text_print_json(identity_name(PRSHM_USER, hold->uid), stdout);
		fputs(", \"segments\": [", stdout);
		print_holds_json(hold, end - i);
		fputs("]}", stdout);
	}
	puts("\n]}");
	return DONE;
}

static int ps(pid_t only, bool json, bool bytes)
{
	struct segments segments = {0};
	struct holds holds = {.only = only};
	enum prshm_result result = segments_get(&segments, "", true);
	int status;

	if (result == PRSHM_OK)
		result = get_holds(&holds, &segments);
	status = failure_report(result, NULL);
	if (status == DONE && only != 0 && holds.count == 0)
		status = failure_say(NULL, "process %jd holds no segment, or none that you may see",
			(intmax_t)only);
	else if (status == DONE)
		status = json ? print_json(&holds) : print_table(&holds, bytes);
	free(holds.holds);
	segments_deinit(&segments);
	return status;
}

static int run(int argc, char **argv)
{
	uint64_t pid = 0;
	bool bytes = false;
	bool json = false;

	command_output_options(argc, argv, &bytes, &json);
	command_expect(argc, 0, 1);
	if (optind < argc && !text_parse_number(argv[optind], 1, INT32_MAX, &pid))
		command_misused("%s: expected a PID", argv[optind]);
	return ps((pid_t)pid, json, bytes);
}

const struct command command_ps = {
	.name = "ps",
	.arguments = "[OPTION]... [PID]",
	.summary = "Shows which processes hold segments",
	.help = "Of the segments that you may see, anonymous memory included. Without PID, a\n"
		"line a process, those with most memory first: how many segments it holds, by\n"
		"how many handles, and how large these segments are together. With PID, a line\n"
		"for each segment that this process holds. PIDs are those that the broker sees.\n"
		"\n"
		"      --bytes  exact sizes in place of 64K\n"
		"      --json   JSON, with exact numbers\n"
		"  -h, --help   print this and exit\n"
		"\n"
		"  prshmctl ps\n",
	.run = run,
};
