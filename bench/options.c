/* SPDX-License-Identifier: MIT */
/* The command line of bench. */
#include "bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/section.h"

static const char help[] =
	"Usage: bench [OPTION]...\n"
	"Measures prshm beside the other ways to share memory by name, in one run: all on one "
	"CPU,\n"
	"then some of it with the servers on another. The results on standard output are for\n"
	"bench/report to show.\n"
	"\n"
	"      --quick         a seventh of the rounds and of the time\n"
	"      --rounds=N      rounds of each operation, at most (210)\n"
	"      --seconds=N     time of each operation, at most (20)\n"
	"      --batch=N       runs of each competitor a round (500)\n"
	"      --only=KEY[,KEY]...\n"
	"                      these operations and sections, by their keys in the JSON\n"
	"      --cpu=N         the CPU that all run on (the last one allowed)\n"
	"      --other-cpu=N   the other one, for the servers (the last one but that)\n"
	"      --daemon=FILE   the prshmd to measure (the installed one)\n"
	"      --library=FILE  the libprshm-client to measure (the installed one)\n"
	"      --other-daemon=FILE, --other-library=FILE\n"
	"                      of another build: measure that, too\n"
	"  -h, --help          print this and exit\n";

enum { OPTION_OTHER_DAEMON = 256, OPTION_OTHER_LIBRARY, OPTION_OTHER_CPU, OPTION_ONLY };

static const struct option long_options[] = {
	{"quick", no_argument, NULL, 'q'},
	{"rounds", required_argument, NULL, 'r'},
	{"batch", required_argument, NULL, 'b'},
	{"seconds", required_argument, NULL, 's'},
	{"only", required_argument, NULL, OPTION_ONLY},
	{"cpu", required_argument, NULL, 'c'},
	{"other-cpu", required_argument, NULL, OPTION_OTHER_CPU},
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

static int parse_cpu(int *cpu)
{
	unsigned int number;

	if (!parse_number(optarg, 0, &number))
		return 2;
	*cpu = (int)number;
	return -1;
}

static bool is_operation(const char *key)
{
	for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
		if (strcmp(key, operations[operation].key) == 0)
			return true;
	}
	return false;
}

static int parse_only(struct options *options)
{
	char keys[256];
	char *rest = keys;
	const char *key;

	options->schedule.only = optarg;
	snprintf(keys, sizeof(keys), "%s", optarg);
	while ((key = strsep(&rest, ","))) {
		if (!is_operation(key) && !sections_know(key)) {
			fprintf(stderr, "bench: %s: neither an operation nor a section\n", key);
			return 2;
		}
	}
	return -1;
}

/* -1: understood. */
static int parse_option(struct options *options, int option)
{
	switch (option) {
	case 'q':
		options->schedule.rounds = 30;
		options->schedule.seconds = 3;
		options->schedule.is_quick = true;
		return -1;
	case 'r':
		return parse_number(optarg, 1, &options->schedule.rounds) ? -1 : 2;
	case 'b':
		return parse_number(optarg, 1, &options->schedule.batch) ? -1 : 2;
	case 's':
		return parse_number(optarg, 1, &options->schedule.seconds) ? -1 : 2;
	case 'c':
		return parse_cpu(&options->place.cpu);
	case OPTION_OTHER_CPU:
		return parse_cpu(&options->place.other_cpu);
	case OPTION_ONLY:
		return parse_only(options);
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
		.schedule = {.rounds = 210, .batch = 500, .seconds = 20},
		.place = {.cpu = -1,
			.other_cpu = -1,
			.client_library = "libprshm-client.so.0",
			.daemon_program = PRSHMD_PATH},
	};
	while (status < 0 && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		status = parse_option(options, option);
	if (status < 0 && optind < argc) {
		fprintf(stderr, "bench: %s: not an option\n", argv[optind]);
		status = 2;
	}
	return status;
}
