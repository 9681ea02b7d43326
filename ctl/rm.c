/* SPDX-License-Identifier: MIT */
/* prshmctl rm: removes names, one by one or those that nobody has used for a while. */
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/segments.h"
#include "ctl/text.h"

struct removal {
	bool dry_run;
	bool unused;
	uint32_t seconds; /* with unused: since when nobody has had it open */
};

static void say(const char *what, const char *name)
{
	char *escaped = text_escape(name);

	printf("%s %s\n", what, escaped);
	free(escaped);
}

static int report_missing_right(const char *name)
{
	bool allowed;
	const enum prshm_result result = prshm_explain(name, PRSHM_DELETE, &allowed, NULL, 0);

	return failure_report(result == PRSHM_OK && !allowed ? PRSHM_DENIED : result, name);
}

static int remove_name(const struct removal *removal, const char *name)
{
	int status;

	if (!removal->dry_run)
		return failure_report(prshm_delete(name), name);
	status = report_missing_right(name);
	if (status == DONE)
		say("would remove", name);
	return status;
}

/* Passes over segments of other owners: the list shows them, too. */
static bool is_mine_to_remove(const struct removal *removal, const struct segment *segment)
{
	bool allowed = false;

	return segment->stat.holders == 0 &&
	       segments_since(segment->stat.opened) >= removal->seconds &&
	       prshm_explain(segment->name, PRSHM_DELETE, &allowed, NULL, 0) == PRSHM_OK && allowed;
}

/*
 * The broker has no removal with a condition. A client that opens the segment between the list and
 * the removal keeps the memory and loses the name. If somebody else has removed the name first, all
 * is well.
 */
static int remove_one_unused(const struct removal *removal, const struct segment *segment)
{
	enum prshm_result result = PRSHM_OK;

	if (!removal->dry_run)
		result = prshm_delete(segment->name);
	if (result == PRSHM_NOT_FOUND)
		return DONE;
	if (result == PRSHM_OK)
		say(removal->dry_run ? "would remove" : "removed", segment->name);
	return failure_report(result, segment->name);
}

static int remove_unused(const struct removal *removal, const char *prefix)
{
	struct segments segments = {0};
	int status = failure_report(segments_get(&segments, prefix, false), NULL);

	for (size_t i = 0; i < segments.count; i++) {
		const struct segment *segment = &segments.segments[i];

		if (is_mine_to_remove(removal, segment) &&
			remove_one_unused(removal, segment) != DONE)
			status = FAILED;
	}
	segments_deinit(&segments);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"dry-run", no_argument, NULL, 'n'},
		{"unused-for", required_argument, NULL, 'u'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct removal removal = {0};
	int status = DONE;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		removal.dry_run = removal.dry_run || letter == 'n';
		removal.unused = removal.unused || letter == 'u';
		if (letter == 'u' && !text_parse_duration(optarg, &removal.seconds))
			command_misused("--unused-for=%s: " TEXT_SECONDS_EXPECTED, optarg);
	}
	command_expect(argc, 1, argc);
	for (int i = optind; i < argc && removal.unused; i++)
		segments_check_prefix(argv[i]);
	for (int i = optind; i < argc; i++) {
		if ((removal.unused ? remove_unused : remove_name)(&removal, argv[i]) != DONE)
			status = FAILED;
	}
	return status;
}

const struct command command_rm = {
	.name = "rm",
	.arguments = "[OPTION]... NAME...",
	.summary = "Removes segments, by name or if unused",
	.help = "The name is free at once. Who has the segment open keeps it; its memory is\n"
		"freed with the last of them.\n"
		"\n"
		"      --unused-for=TIME  each NAME is a PREFIX: of the segments whose names\n"
		"                         begin with it, remove those that nobody has open,\n"
		"                         that nobody has opened for so long (90s, 10min, 2h,\n"
		"                         1d) and that you may remove; say which\n"
		"      --dry-run          remove nothing, say what would be removed\n"
		"  -h, --help             print this and exit\n"
		"\n"
		"  prshmctl rm /demo/words\n"
		"  prshmctl rm --unused-for=1d --dry-run /demo/\n",
	.run = run,
};
