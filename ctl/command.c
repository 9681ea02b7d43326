/* SPDX-License-Identifier: MIT */
/* What all commands have in common: --help, and the end of a command that is used wrongly. */
#include "ctl/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/text.h"

const struct command *command_current;

void command_print_help(const struct command *command)
{
	printf("Usage: prshmctl %s%s%s\n%s.\n\n%s", command->name, command->arguments[0] ? " " : "",
		command->arguments, command->summary, command->help);
}

static void point_to_help(void)
{
	fprintf(stderr, "See 'prshmctl %s --help'.\n", command_current->name);
}

int command_option(int argc, char **argv, const char *letters, const struct option *options)
{
	int letter = getopt_long(argc, argv, letters, options, NULL);

	if (letter == 'h') {
		command_print_help(command_current);
		exit(fflush(stdout) == 0 ? DONE : FAILED);
	}
	if (letter == '?') {
		point_to_help();
		exit(MISUSED);
	}
	return letter;
}

void command_output_options(int argc, char **argv, bool *bytes, bool *json)
{
	static const struct option options[] = {
		{"bytes", no_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'j'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		*bytes = *bytes || letter == 'b';
		*json = *json || letter == 'j';
	}
}

void command_misused(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "prshmctl %s: ", command_current->name);
	va_start(arguments, format);
	text_print_line(stderr, format, arguments);
	va_end(arguments);
	point_to_help();
	exit(MISUSED);
}

void command_expect(int argc, int least, int most)
{
	const int count = argc - optind;

	if (count < least)
		command_misused("expected %s", command_current->arguments);
	if (count > most)
		command_misused("too many arguments; expected %s", command_current->arguments);
}
