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

/* user: NULL for who asks. */
static enum prshm_result print_answer(
	const char *name, unsigned int right, const struct prshm_user *user)
{
	char text[1024];
	const enum prshm_result result =
		user ? prshm_explain_for(name, right, user, NULL, text, sizeof(text))
		     : prshm_explain(name, right, NULL, text, sizeof(text));

	if (result == PRSHM_OK) {
		char *line = text_escape_line(text);

		puts(line);
		free(line);
	}
	return result;
}

/* Of a segment that is not there it is of interest whether one may make it. */
static enum prshm_result explain_all(const char *name, const struct prshm_user *user)
{
	enum prshm_result result = PRSHM_OK;

	for (size_t i = 0; i < RIGHTS && result == PRSHM_OK; i++) {
		if (rights[i].right != PRSHM_MAKE)
			result = print_answer(name, rights[i].right, user);
	}
	if (result == PRSHM_NOT_FOUND) {
		puts("there is no such segment");
		result = print_answer(name, PRSHM_MAKE, user);
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
 * As the user would come to the broker after a log-in: with all groups of the group file. A service
 * may run with others, as its unit says. groups: room for so many as a request has.
 */
static bool look_up(const char *text, gid_t groups[PRSHM_GROUPS_MAX], struct prshm_user *out)
{
	int count = PRSHM_GROUPS_MAX;
	const struct passwd *entry;
	uint32_t uid;

	if (!identity_parse(PRSHM_USER, text, strlen(text), &uid))
		return false;
	/* By name first: two names may have one number, and other groups. */
	entry = getpwnam(text);
	if (!entry)
		entry = getpwuid(uid);
	if (!entry)
		return false;
	if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) < 0)
		count = PRSHM_GROUPS_MAX; /* more than fit: those that do */
	*out = (struct prshm_user){
		.uid = entry->pw_uid,
		.gid = entry->pw_gid,
		.groups = groups,
		.group_count = (size_t)count,
	};
	return true;
}

static int explain(const char *name, unsigned int right, const struct prshm_user *user)
{
	const enum prshm_result result =
		right != 0 ? print_answer(name, right, user) : explain_all(name, user);

	if (user && result == PRSHM_DENIED)
		return failure_say(name, "only root and observers may ask for another user; "
					 "see 'observers' in prshmd.conf(5)");
	return failure_report(result, name);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"user", required_argument, NULL, 'u'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	gid_t groups[PRSHM_GROUPS_MAX];
	struct prshm_user user;
	const char *wanted = NULL;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;)
		wanted = optarg;
	command_expect(argc, 1, 2);
	if (wanted && !look_up(wanted, groups, &user))
		return failure_say(wanted, "no such user");
	return explain(argv[optind], optind + 1 < argc ? find_right(argv[optind + 1]) : 0,
		wanted ? &user : NULL);
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
		"  -h, --help       print this and exit\n"
		"\n"
		"  prshmctl explain /demo/words\n"
		"  prshmctl explain /demo/words write\n",
	.run = run,
};
