/* SPDX-License-Identifier: MIT */
/*
 * prshmctl getfacl and setfacl. What getfacl prints, setfacl --set-file takes; comments are only
 * for people.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/acl.h"
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/text.h"

static void print_acl_json(const char *name, const struct prshm_segment *stat)
{
	fputs("\n  {\"name\": ", stdout);
	text_print_json(name, stdout);
	fputs(", \"owner\": ", stdout);
	text_print_json(identity_name(PRSHM_USER, stat->uid), stdout);
	fputs(", \"group\": ", stdout);
	text_print_json(identity_name(PRSHM_GROUP, stat->gid), stdout);
	printf(", \"mode\": \"%04o\", \"entries\": ", (unsigned int)stat->rights.mode);
	acl_print_json(&stat->rights, stdout);
	fputc('}', stdout);
}

static int print_acl(const char *name, bool json, const char *separator)
{
	struct prshm_segment stat;
	const int status = failure_report(prshm_stat(name, &stat), name);
	char *escaped;

	if (status != DONE)
		return status;
	if (json) {
		fputs(separator, stdout);
		print_acl_json(name, &stat);
		return DONE;
	}
	/* Escaped: a line of a name must not become a line of rights. */
	escaped = text_escape(name);
	printf("# name: %s\n# owner: %s\n# group: %s\n", escaped,
		identity_name(PRSHM_USER, stat.uid), identity_name(PRSHM_GROUP, stat.gid));
	free(escaped);
	acl_print(&stat.rights, stdout);
	fputc('\n', stdout);
	return DONE;
}

static int run_getfacl(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	const char *separator = "{\"segments\": [";
	int status = DONE;
	bool json = false;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;)
		json = json || letter == 'j';
	command_expect(argc, 1, argc);
	for (int i = optind; i < argc; i++) {
		if (print_acl(argv[i], json, separator) == DONE)
			separator = ",";
		else
			status = FAILED;
	}
	if (json && strcmp(separator, ",") == 0)
		puts("\n]}");
	return status;
}

const struct command command_getfacl = {
	.name = "getfacl",
	.arguments = "[OPTION]... NAME...",
	.summary = "Prints mode and entries, a line each",
	.help = "In the form that 'prshmctl setfacl --set-file' takes.\n"
		"\n"
		"      --json  JSON, which --set-file does not take\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl getfacl /demo/words | prshmctl setfacl --set-file=- /demo/copy\n",
	.run = run_getfacl,
};

/* What is to be done to each segment, in the order it was said. */
enum change_kind { CHANGE_SET, CHANGE_REMOVE, CHANGE_REMOVE_ALL, CHANGE_RESET };

struct change {
	enum change_kind kind;
	char *line; /* owned; of the first two */
};

struct changes {
	struct change *changes;
	size_t count;
};

static void add_change(
	struct changes *changes, enum change_kind kind, const char *line, size_t length)
{
	changes->changes = text_need(
		reallocarray(changes->changes, changes->count + 1, sizeof(*changes->changes)));
	changes->changes[changes->count++] = (struct change){
		.kind = kind,
		.line = line ? text_need(strndup(line, length)) : NULL,
	};
}

static void free_changes(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->changes[i].line);
	free(changes->changes);
}

static void add_list(struct changes *changes, enum change_kind kind, const char *list)
{
	for (;; list++) {
		const size_t length = strcspn(list, ",");

		add_change(changes, kind, list, length);
		list += length;
		if (*list == '\0')
			return;
	}
}

/* False: it cannot be read, and the reason has been printed. */
static bool add_file(struct changes *changes, const char *path)
{
	const bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool good;

	if (!file) {
		failure_say(path, "%s", strerror(errno));
		return false;
	}
	add_change(changes, CHANGE_RESET, NULL, 0);
	while (getline(&line, &room, file) >= 0) {
		const size_t length = strcspn(line, "#\n \t");

		if (length > 0)
			add_change(changes, CHANGE_SET, line, length);
	}
	good = !ferror(file);
	if (!good)
		failure_say(path, "%s", strerror(errno));
	free(line);
	if (!standard)
		fclose(file);
	return good;
}

static const char *apply(const struct change *change, struct prshm_rights *rights)
{
	switch (change->kind) {
	case CHANGE_SET:
		return acl_apply(rights, ACL_SET, change->line);
	case CHANGE_REMOVE:
		return acl_apply(rights, ACL_REMOVE, change->line);
	case CHANGE_REMOVE_ALL:
		rights->entry_count = 0;
		return NULL;
	case CHANGE_RESET:
		*rights = (struct prshm_rights){0};
		return NULL;
	}
	return NULL;
}

/* All or nothing: the broker is asked once, after all lines were understood. */
static int change_acl(const char *name, const struct changes *changes)
{
	struct prshm_segment stat;
	enum prshm_result result = prshm_stat(name, &stat);

	if (result != PRSHM_OK)
		return failure_report(result, name);
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->changes[i];
		const char *wrong = apply(change, &stat.rights);

		if (wrong)
			return failure_say(name, "%s: %s", change->line, wrong);
	}
	return failure_report(prshm_set_rights(name, &stat.rights), name);
}

static int run_setfacl(int argc, char **argv)
{
	static const struct option options[] = {
		{"modify", required_argument, NULL, 'm'},
		{"remove", required_argument, NULL, 'x'},
		{"remove-all", no_argument, NULL, 'b'},
		{"set-file", required_argument, NULL, 'f'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct changes changes = {0};
	int status = DONE;

	for (int letter; (letter = command_option(argc, argv, "m:x:bh", options)) != -1;) {
		if (letter == 'b')
			add_change(&changes, CHANGE_REMOVE_ALL, NULL, 0);
		else if (letter == 'f' && !add_file(&changes, optarg))
			status = FAILED;
		else if (letter == 'm' || letter == 'x')
			add_list(&changes, letter == 'm' ? CHANGE_SET : CHANGE_REMOVE, optarg);
	}
	if (changes.count == 0 && status == DONE)
		command_misused("expected -m, -x, -b or --set-file");
	command_expect(argc, 1, argc);
	for (int i = optind; i < argc && status == DONE; i++)
		status = change_acl(argv[i], &changes);
	free_changes(&changes);
	return status;
}

const struct command command_setfacl = {
	.name = "setfacl",
	.arguments = "OPTION... NAME...",
	.summary = "Changes entries for single users and groups",
	.help = "An ENTRY is user:NAME:RIGHTS or group:NAME:RIGHTS; RIGHTS are letters of r\n"
		"(read), w (write), d (delete) and m (manage: change the rights), or -, which\n"
		"denies. A user's entry counts in place of the mode; see prshm(7). user::,\n"
		"group:: and other:: with r and w are the mode. Several have commas between\n"
		"them. It counts from the next open on.\n"
		"\n"
		"  -m, --modify=ENTRY...  set\n"
		"  -x, --remove=ENTRY...  remove: user:NAME, group:NAME\n"
		"  -b, --remove-all       remove all entries; the mode stays\n"
		"      --set-file=FILE    in place of all there is, the lines of FILE, as\n"
		"                         'prshmctl getfacl' prints them; - is standard input\n"
		"  -h, --help             print this and exit\n"
		"\n"
		"  prshmctl setfacl -m user:bob:rw,group:staff:r /demo/words\n"
		"  prshmctl setfacl -x user:bob /demo/words\n",
	.run = run_setfacl,
};
