/* SPDX-License-Identifier: MIT */
/* How a new segment is to be, as the command line says it; making.h has the options. */
#include "ctl/making.h"

#include <string.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/mode.h"
#include "ctl/text.h"

static void take_lifetime(struct prshm_options *options, const char *text)
{
	if (strcmp(text, "kept") == 0)
		options->lifetime = PRSHM_KEPT;
	else if (strcmp(text, "until-unused") == 0)
		options->lifetime = PRSHM_UNTIL_UNUSED;
	else
		command_misused("--lifetime=%s: neither kept nor until-unused", text);
}

void making_take(struct prshm_options *options, int letter, const char *text)
{
	const char *wrong;

	switch (letter) {
	case MAKING_MODE:
		wrong = mode_parse(text, options->rights.mode, &options->rights.mode);
		if (wrong)
			command_misused("--mode=%s: %s", text, wrong);
		break;
	case MAKING_LIFETIME:
		take_lifetime(options, text);
		break;
	case MAKING_LINGER:
		if (!text_parse_duration(text, &options->linger))
			command_misused("--linger=%s: " TEXT_SECONDS_EXPECTED, text);
		break;
	}
}

/*
 * The name policy may have changed the lifetime that was asked for. A segment that goes with its
 * last handle goes when prshmctl closes its own, before anybody else can open it.
 */
int making_close(PRSharedMemory *handle, const char *name)
{
	struct prshm_segment stat;
	const enum prshm_result result = prshm_stat(name, &stat);

	PR_CloseSharedMemory(handle);
	if (result == PRSHM_OK && stat.lifetime == PRSHM_UNTIL_UNUSED && stat.linger == 0 &&
		stat.holders == 1)
		return failure_say(name,
			"it is gone again: its lifetime is until-unused, and nobody "
			"but prshmctl held it; give --linger=TIME");
	return DONE;
}
