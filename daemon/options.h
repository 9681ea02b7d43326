/* SPDX-License-Identifier: MIT */
/* The command line of prshmd; prshmd(8) has the same list. */
#ifndef PRSHM_DAEMON_OPTIONS_H
#define PRSHM_DAEMON_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *socket; /* NULL: the manager passes one */
	const char *config;
	bool config_given; /* then the file has to be there */
	bool check_config;
	const char *keeper; /* NULL: one of our own */
	bool no_keeper;
	unsigned int exit_idle_seconds;
	unsigned int login_seconds;
};

/* Returns -1 to go on, or the status to exit with: 0 after --help, 2 after what it did not know. */
int options_parse(struct options *options, int argc, char **argv);

#endif
