/* SPDX-License-Identifier: MIT */
/* The command line of prshmd. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "config.h"

#define SECONDS_MAX 86400

static const char help[] =
	"Usage: prshmd [--socket=PATH] [OPTION]...\n"
	"Broker of named shared memory: creates segments and hands them to clients.\n"
	"\n"
	"  -s, --socket=PATH            listen there; without it, on the socket that the service\n"
	"                               manager passes (systemd.socket(5))\n"
	"  -c, --config=FILE            read this and FILE.d/*.conf instead of\n"
	"                               " PRSHMD_CONFIG "\n"
	"      --check-config           print what the configuration says, and exit\n"
	"  -k, --keeper=PATH            have the keeper that listens there keep all for the next\n"
	"                               prshmd; without it, start one\n"
	"      --no-keeper              have nothing kept: who kills prshmd ends all segments\n"
	"      --exit-idle=SECONDS      leave when there was neither segment nor client for so "
	"long\n"
	"      --login-timeout=SECONDS  end connections that say nothing for so long (10)\n"
	"  -h, --help                   print this and exit\n"
	"  -V, --version                print the version and exit\n"
	"\n"
	"The manual is prshmd(8).\n";

enum { OPTION_EXIT_IDLE = 256, OPTION_LOGIN_TIMEOUT, OPTION_CHECK_CONFIG, OPTION_NO_KEEPER };

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"config", required_argument, NULL, 'c'},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"keeper", required_argument, NULL, 'k'},
	{"no-keeper", no_argument, NULL, OPTION_NO_KEEPER},
	{"exit-idle", required_argument, NULL, OPTION_EXIT_IDLE},
	{"login-timeout", required_argument, NULL, OPTION_LOGIN_TIMEOUT},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static bool parse_seconds(const char *option, const char *text, unsigned int *out)
{
	uint64_t value;

	if (units_parse_number(text, SECONDS_MAX, &value) || value == 0) {
		fprintf(stderr, "prshmd: --%s=%s: expected 1 to %d seconds\n", option, text,
			SECONDS_MAX);
		return false;
	}
	*out = (unsigned int)value;
	return true;
}

static bool parse_path(const char *option, const char **out)
{
	if (optarg[0] == '\0') {
		fprintf(stderr, "prshmd: --%s=: expected a path\nTry 'prshmd --help'.\n", option);
		return false;
	}
	*out = optarg;
	return true;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){.config = PRSHMD_CONFIG, .login_seconds = 10};
	while ((option = getopt_long(argc, argv, "s:c:k:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 's':
			if (!parse_path("socket", &options->socket))
				return 2;
			break;
		case 'k':
			if (!parse_path("keeper", &options->keeper))
				return 2;
			break;
		case OPTION_NO_KEEPER:
			options->no_keeper = true;
			break;
		case 'c':
			options->config = optarg;
			options->config_given = true;
			break;
		case OPTION_CHECK_CONFIG:
			options->check_config = true;
			break;
		case OPTION_EXIT_IDLE:
			if (!parse_seconds("exit-idle", optarg, &options->exit_idle_seconds))
				return 2;
			break;
		case OPTION_LOGIN_TIMEOUT:
			if (!parse_seconds("login-timeout", optarg, &options->login_seconds))
				return 2;
			break;
		case 'h':
			return fputs(help, stdout) < 0 ? 1 : 0;
		case 'V':
			return puts("prshmd " PACKAGE_VERSION) < 0 ? 1 : 0;
		default:
			fputs("Try 'prshmd --help'.\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "prshmd: %s: not an option\nTry 'prshmd --help'.\n", argv[optind]);
		return 2;
	}
	return -1;
}
