/* SPDX-License-Identifier: MIT */
/* What a command of prshmctl is. Each has a file of its own or shares one; main.c has the table. */
#ifndef PRSHM_CTL_COMMAND_H
#define PRSHM_CTL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "include/prshm-client.h"

/* The exit status. */
enum { DONE = 0, FAILED = 1, MISUSED = 2 };

struct command {
	const char *name;
	const char *arguments; /* as --help shows them */
	const char *summary;
	const char *help;                  /* options and examples */
	bool starts;                       /* starts the user's own broker where none runs */
	int (*run)(int argc, char **argv); /* argv[0] is "prshmctl NAME"; returns the exit status */
};

extern const struct command command_cat;
extern const struct command command_chmod;
extern const struct command command_chown;
extern const struct command command_create;
extern const struct command command_dump;
extern const struct command command_explain;
extern const struct command command_getfacl;
extern const struct command command_list;
extern const struct command command_metrics;
extern const struct command command_ps;
extern const struct command command_quota;
extern const struct command command_rm;
extern const struct command command_setfacl;
extern const struct command command_show;
extern const struct command command_status;
extern const struct command command_stop;
extern const struct command command_top;
extern const struct command command_wait;
extern const struct command command_watch;
extern const struct command command_write;

/* The command that runs; main sets it. */
extern const struct command *command_current;

void command_print_help(const struct command *command);

/*
 * getopt_long(3). A wrong option ends the process with MISUSED: getopt_long has said what is wrong,
 * and this adds where the help is. --help and -h print the help of the command and end the process.
 */
int command_option(int argc, char **argv, const char *letters, const struct option *options);
#define COMMAND_HELP                                                                               \
	{                                                                                          \
		"help", no_argument, NULL, 'h'                                                     \
	}

/* The options of a command that has --bytes and --json, and no others. */
void command_output_options(int argc, char **argv, bool *bytes, bool *json);

/* How many arguments there may be behind the options; ends the process otherwise. */
void command_expect(int argc, int least, int most);

/* "prshmctl NAME: ", the message, and where the help is; ends the process. */
__attribute__((noreturn, format(printf, 1, 2))) void command_misused(const char *format, ...);

#endif
