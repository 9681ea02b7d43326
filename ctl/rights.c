/* SPDX-License-Identifier: MIT */
/* prshmctl chmod and chown. */
#include <string.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/mode.h"

static const struct option only_help[] = {
	COMMAND_HELP,
	{NULL, 0, NULL, 0},
};

/* The broker sets mode and entries together, so the entries are set to what they are. */
static int change_mode(const char *name, const char *mode)
{
	struct prshm_segment stat;
	enum prshm_result result = prshm_stat(name, &stat);

	if (result == PRSHM_OK && !mode_parse(mode, stat.rights.mode, &stat.rights.mode))
		result = prshm_set_rights(name, &stat.rights);
	return failure_report(result, name);
}

static int run_chmod(int argc, char **argv)
{
	int status = DONE;
	const char *wrong;
	mode_t mode;

	while (command_option(argc, argv, "h", only_help) != -1)
		;
	command_expect(argc, 2, argc);
	wrong = mode_parse(argv[optind], 0, &mode);
	if (wrong)
		command_misused("%s: %s", argv[optind], wrong);
	for (int i = optind + 1; i < argc; i++) {
		if (change_mode(argv[i], argv[optind]) != DONE)
			status = FAILED;
	}
	return status;
}

const struct command command_chmod = {
	.name = "chmod",
	.arguments = "MODE NAME...",
	.summary = "Changes the mode: who may read and write",
	.help = "MODE is octal, 0640, or says whom (u, g, o, a) to give (+), take (-) or set\n"
		"(=) which (r, w), with commas between the parts; x, s and t are refused. Write\n"
		"counts only together with read. Entries stay as they are. It counts from the\n"
		"next open on.\n"
		"\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl chmod 0640 /demo/words\n"
		"  prshmctl chmod g+rw,o-w /demo/words\n",
	.run = run_chmod,
};

struct ownership {
	uid_t uid;
	gid_t gid;
};

/* False: the text is not of that form. *unknown: what is wrong with a name, or NULL. */
static bool parse_ownership(const char *text, struct ownership *out, const char **unknown)
{
	const size_t length = strcspn(text, ":");
	const char *group = text[length] == ':' ? text + length + 1 : NULL;

	if ((length == 0 && !group) || (group && !group[0]))
		return false;
	*unknown = NULL;
	if (length > 0 && !identity_parse(PRSHM_USER, text, length, &out->uid))
		*unknown = "no such user";
	else if (group && !identity_parse(PRSHM_GROUP, group, strlen(group), &out->gid))
		*unknown = "no such group";
	return true;
}

static int run_chown(int argc, char **argv)
{
	struct ownership ownership = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	const char *unknown;
	int status = DONE;

	while (command_option(argc, argv, "h", only_help) != -1)
		;
	command_expect(argc, 2, argc);
	if (!parse_ownership(argv[optind], &ownership, &unknown))
		command_misused("%s: expected USER, USER:GROUP or :GROUP", argv[optind]);
	if (unknown)
		return failure_say(argv[optind], "%s", unknown);
	for (int i = optind + 1; i < argc; i++) {
		const enum prshm_result result =
			prshm_set_owner(argv[i], ownership.uid, ownership.gid);

		if (failure_report(result, argv[i]) != DONE)
			status = FAILED;
	}
	return status;
}

const struct command command_chown = {
	.name = "chown",
	.arguments = "[USER][:GROUP] NAME...",
	.summary = "Changes owner and group",
	.help = "USER and GROUP are names or numbers. Only root gives a segment to another\n"
		"user, whose limits then pay for it. Who may manage a segment may set a group\n"
		"that they are in.\n"
		"\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl chown bob:staff /demo/words\n"
		"  prshmctl chown :staff /demo/words\n",
	.run = run_chown,
};
