/* SPDX-License-Identifier: MIT */
/* The command line of chaos. */
#include "tests/soak/chaos-options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/soak/chaos.h"

static const char help[] =
	"Usage: chaos [OPTION]...\n"
	"Kills broker and keeper at random, while clients look whether anything is lost.\n"
	"\n"
	"      --kills=N      so many (1000)\n"
	"      --clients=N    processes of clients (8)\n"
	"      --seed=N       of what is random (1)\n"
	"      --json=FILE    write the results there, too\n"
	"      --log=FILE     append there what broker and keeper say\n"
	"      --daemon=FILE  the prshmd to use, its prshm-keeper beside it (the installed one)\n"
	"  -h, --help         print this and exit\n";

static const struct option long_options[] = {
	{"kills", required_argument, NULL, 'k'},
	{"clients", required_argument, NULL, 'c'},
	{"seed", required_argument, NULL, 's'},
	{"json", required_argument, NULL, 'j'},
	{"log", required_argument, NULL, 'l'},
	{"daemon", required_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool parse_number(
	const char *text, unsigned int at_least, unsigned int at_most, unsigned int *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value < at_least ||
		value > at_most) {
		fprintf(stderr, "chaos: %s: expected a number from %u to %u\n", text, at_least,
			at_most);
		return false;
	}
	*out = (unsigned int)value;
	return true;
}

/* -1: understood. */
static int parse_option(struct chaos_options *options, int option)
{
	switch (option) {
	case 'k':
		return parse_number(optarg, 1, 1000000, &options->kills) ? -1 : 2;
	case 'c':
		return parse_number(optarg, 1, CHAOS_CLIENTS_MAX, &options->clients) ? -1 : 2;
	case 's':
		return parse_number(optarg, 0, 1000000000, &options->seed) ? -1 : 2;
	case 'j':
		options->json = optarg;
		return -1;
	case 'l':
		options->log = optarg;
		return -1;
	case 'd':
		options->daemon = optarg;
		return -1;
	case 'h':
		return fputs(help, stdout) < 0 ? 1 : 0;
	default:
		fputs("Try 'chaos --help'.\n", stderr);
		return 2;
	}
}

int chaos_options_parse(struct chaos_options *options, int argc, char **argv)
{
	int option;
	int status = -1;

	*options = (struct chaos_options){
		.kills = 1000, .clients = 8, .seed = 1, .daemon = PRSHMD_PATH};
	while (status < 0 && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		status = parse_option(options, option);
	if (status < 0 && optind < argc) {
		fprintf(stderr, "chaos: %s: not an option\n", argv[optind]);
		status = 2;
	}
	return status;
}
