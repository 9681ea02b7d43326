/* SPDX-License-Identifier: MIT */
/* The command line of bench. */
#include "bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"Usage: bench [OPTION]...\n"
	"Measures prshm beside the other ways to share memory by name, in one run on one CPU.\n"
	"\n"
	"      --quick         a seventh of the rounds\n"
	"      --rounds=N      rounds of each operation (210)\n"
	"      --batch=N       runs of each competitor a round (500)\n"
	"      --cpu=N         the CPU that all run on (the last one allowed)\n"
	"      --json=FILE     write the results there, too\n"
	"      --daemon=FILE   the prshmd to measure (the installed one)\n"
	"      --library=FILE  the libprshm-client to measure (the installed one)\n"
	"      --other-daemon=FILE, --other-library=FILE\n"
	"                      of another build: measure that, too\n"
	"  -h, --help          print this and exit\n";

enum { OPTION_OTHER_DAEMON = 256, OPTION_OTHER_LIBRARY };

static const struct option long_options[] = {
	{"quick", no_argument, NULL, 'q'},
	{"rounds", required_argument, NULL, 'r'},
	{"batch", required_argument, NULL, 'b'},
	{"cpu", required_argument, NULL, 'c'},
	{"json", required_argument, NULL, 'j'},
	{"daemon", required_argument, NULL, 'd'},
	{"library", required_argument, NULL, 'l'},
	{"other-daemon", required_argument, NULL, OPTION_OTHER_DAEMON},
	{"other-library", required_argument, NULL, OPTION_OTHER_LIBRARY},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool parse_number(const char *text, unsigned int at_least, unsigned int *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value < at_least ||
		value > 100000) {
		fprintf(stderr, "bench: %s: expected a number from %u to 100000\n", text, at_least);
		return false;
	}
	*out = (unsigned int)value;
	return true;
}

/* -1: understood. */
static int parse_option(struct options *options, int option)
{
	unsigned int cpu;

	switch (option) {
	case 'q':
		options->schedule.rounds = 30;
		return -1;
	case 'r':
		return parse_number(optarg, 1, &options->schedule.rounds) ? -1 : 2;
	case 'b':
		return parse_number(optarg, 1, &options->schedule.batch) ? -1 : 2;
	case 'c':
		if (!parse_number(optarg, 0, &cpu))
			return 2;
		options->cpu = (int)cpu;
		return -1;
	case 'j':
		options->json = optarg;
		return -1;
	case 'd':
		options->place.daemon_program = optarg;
		return -1;
	case 'l':
		options->place.client_library = optarg;
		return -1;
	case OPTION_OTHER_DAEMON:
		options->place.other_daemon = optarg;
		return -1;
	case OPTION_OTHER_LIBRARY:
		options->place.other_library = optarg;
		return -1;
	case 'h':
		return fputs(help, stdout) < 0 ? 1 : 0;
	default:
		fputs("Try 'bench --help'.\n", stderr);
		return 2;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option;
	int status = -1;

	*options = (struct options){
		.schedule = {.rounds = 210, .batch = 500},
		.cpu = -1,
		.place = {.client_library = "libprshm-client.so.0", .daemon_program = PRSHMD_PATH},
	};
	while (status < 0 && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		status = parse_option(options, option);
	if (status < 0 && optind < argc) {
		fprintf(stderr, "bench: %s: not an option\n", argv[optind]);
		status = 2;
	}
	return status;
}
