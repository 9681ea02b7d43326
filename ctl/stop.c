/* SPDX-License-Identifier: MIT */
/* prshmctl stop: ends a broker that no service manager runs. */
#include <stdio.h>

#include "ctl/command.h"
#include "ctl/failure.h"

static int report(enum prshm_result result, const struct prshm_place *broker)
{
	const char *user = broker->choice == PRSHM_BY_USER ? "--user " : "";

	switch (result) {
	case PRSHM_REFUSED:
		return failure_say(NULL,
			"a service manager runs the broker at %s: 'systemctl %sstop prshmd.socket "
			"prshmd prshm-keeper' ends it, with all segments",
			broker->path, user);
	case PRSHM_NOT_OWNER:
		return failure_say(NULL,
			"the broker at %s is another user's; that user or root ends it",
			broker->path);
	default:
		return failure_report(result, NULL);
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct prshm_place broker;
	enum prshm_result result;

	while (command_option(argc, argv, "h", options) != -1)
		;
	command_expect(argc, 0, 0);
	result = prshm_broker(&broker);
	if (result != PRSHM_OK)
		return failure_report(result, NULL);
	return report(prshm_stop(), &broker);
}

const struct command command_stop = {
	.name = "stop",
	.arguments = "",
	.summary = "Ends your own broker, and all names with it",
	.help = "The names are gone then; who has mapped a segment keeps the memory. It is for\n"
		"a broker that a program has started, or you by hand. One that a service\n"
		"manager runs refuses: systemctl(1) ends it.\n"
		"\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl stop\n",
	.run = run,
};
