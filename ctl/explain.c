/* SPDX-License-Identifier: MIT */
/* prshmctl explain: whether one may, and by which rule. A denial is an answer, and no failure. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/text.h"

static const struct {
	const char *name;
	unsigned int right;
} rights[] = {
	{"read", PRSHM_READ},
	{"write", PRSHM_WRITE},
	{"delete", PRSHM_DELETE},
	{"manage", PRSHM_MANAGE},
	{"create", PRSHM_MAKE},
};

#define RIGHTS (sizeof(rights) / sizeof(*rights))

struct question {
	const char *name;
	const struct prshm_user *user; /* NULL: who asks */
	bool json;
	size_t answers; /* that were printed */
};

/* "(owner 0, group 0, ": the broker has numbers, and here names are known. The caller's to free. */
static char *name_identities(const char *text)
{
	const char *at = strstr(text, " (owner ");
	unsigned int uid;
	unsigned int gid;
	int length = 0;
	char *named;

	if (!at || sscanf(at, " (owner %u, group %u%n", &uid, &gid, &length) < 2 || length == 0)
		return text_need(strdup(text));
	length = asprintf(&named, "%.*s (owner %s, group %s%s", (int)(at - text), text,
		identity_name(PRSHM_USER, uid), identity_name(PRSHM_GROUP, gid), at + length);
	return text_need(length < 0 ? NULL : named);
}

static void print_answer(
	struct question *question, unsigned int right, bool allowed, const char *text)
{
	char *named = name_identities(text);
	char *line = text_escape_line(named);
	size_t i = 0;

	while (rights[i].right != right)
		i++;
	if (question->json && question->answers == 0) {
		fputs("{\"name\": ", stdout);
		text_print_json(question->name, stdout);
		fputs(", \"answers\": [", stdout);
	}
	if (question->json) {
		printf("%s\n  {\"right\": \"%s\", \"allowed\": %s, \"why\": ",
			question->answers > 0 ? "," : "", rights[i].name,
			allowed ? "true" : "false");
		text_print_json(named, stdout);
		fputc('}', stdout);
	} else {
		puts(line);
	}
	question->answers++;
	free(line);
	free(named);
}

static enum prshm_result ask(struct question *question, unsigned int right)
{
	char text[1024];
	bool allowed;
	const enum prshm_result result =
		question->user ? prshm_explain_for(question->name, right, question->user, &allowed,
					 text, sizeof(text))
			       : prshm_explain(question->name, right, &allowed, text, sizeof(text));

	if (result == PRSHM_OK)
		print_answer(question, right, allowed, text);
	return result;
}

/* If the segment does not exist, tell whether the user may create it. */
static enum prshm_result ask_all(struct question *question)
{
	enum prshm_result result = PRSHM_OK;

	for (size_t i = 0; i < RIGHTS && result == PRSHM_OK; i++) {
		if (rights[i].right != PRSHM_MAKE)
			result = ask(question, rights[i].right);
	}
	if (result == PRSHM_NOT_FOUND) {
		if (!question->json)
			puts("there is no such segment");
		result = ask(question, PRSHM_MAKE);
	}
	return result;
}

static unsigned int find_right(const char *text)
{
	for (size_t i = 0; i < RIGHTS; i++) {
		if (strcmp(rights[i].name, text) == 0)
			return rights[i].right;
	}
	command_misused("%s: expected read, write, delete, manage or create", text);
}

/*
 * The user, with the groups that a log-in gives: all those of the group file. A service may have
 * other groups, if its unit says so. groups: room for PRSHM_GROUPS_MAX.
 */
static bool look_up(const char *text, gid_t groups[PRSHM_GROUPS_MAX], struct prshm_user *out)
{
	int count = PRSHM_GROUPS_MAX;
	const struct passwd *entry;
	uint32_t uid;

	if (!identity_parse(PRSHM_USER, text, strlen(text), &uid))
		return false;
	/* By name first: two names may share one number and still have different groups. */
	entry = getpwnam(text);
	if (!entry)
		entry = getpwuid(uid);
	if (!entry)
		return false;
	if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) < 0)
		count = PRSHM_GROUPS_MAX; /* there are more groups: take those that fit */
	*out = (struct prshm_user){
		.uid = entry->pw_uid,
		.gid = entry->pw_gid,
		.groups = groups,
		.group_count = (size_t)count,
	};
	return true;
}

static int explain(struct question *question, unsigned int right)
{
	const enum prshm_result result = right != 0 ? ask(question, right) : ask_all(question);

	if (question->answers > 0 && question->json)
		puts("\n]}");
	if (question->user && result == PRSHM_DENIED)
		return failure_say(question->name,
			"only root and observers may ask for another user; "
			"see 'observers' in prshmd.conf(5)");
	return failure_report(result, question->name);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"user", required_argument, NULL, 'u'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	gid_t groups[PRSHM_GROUPS_MAX];
	struct question question = {0};
	struct prshm_user user;
	const char *wanted = NULL;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		question.json = question.json || letter == 'j';
		wanted = letter == 'u' ? optarg : wanted;
	}
	command_expect(argc, 1, 2);
	if (wanted && !look_up(wanted, groups, &user))
		return failure_say(wanted, "no such user");
	question.name = argv[optind];
	question.user = wanted ? &user : NULL;
	return explain(&question, optind + 1 < argc ? find_right(argv[optind + 1]) : 0);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[OPTION]... NAME [RIGHT]",
	.summary = "Tells who may do what, and why",
	.help = "RIGHT is read, write, delete, manage (change the rights), or create. Without\n"
		"it, all of them but create; of a segment that is not there, create alone.\n"
		"The rules have the numbers of prshm(7); what the host's policy says is in\n"
		"prshmd.conf(5). A denial is an answer: the exit status is 0.\n"
		"\n"
		"      --user=USER  of that user, with all groups of theirs, instead of you;\n"
		"                   for root and observers\n"
		"      --json       JSON\n"
		"  -h, --help       print this and exit\n"
		"\n"
		"  prshmctl explain /demo/words\n"
		"  prshmctl explain /demo/words write\n",
	.run = run,
};
