/* SPDX-License-Identifier: MIT */
/* The command line of chaos. */
#ifndef PRSHM_SOAK_CHAOS_OPTIONS_H
#define PRSHM_SOAK_CHAOS_OPTIONS_H

struct chaos_options {
	unsigned int kills;
	unsigned int clients;
	unsigned int seed;
	const char *daemon;
	const char *json; /* a file to write, or NULL */
	const char *log;  /* a file for what broker and keeper say, or NULL */
};

/* Returns -1 to go on, or the status to exit with: 0 after --help, 2 after what it did not know. */
int chaos_options_parse(struct chaos_options *options, int argc, char **argv);

#endif
