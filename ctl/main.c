/* SPDX-License-Identifier: MIT */
/*
 * prshmctl shows and changes what a broker has. It is a client of libprshm-client like any other:
 * whatever a command does, a program can do by the calls of prshm-client.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "ctl/command.h"
#include "ctl/failure.h"

static const struct {
	const char *title;
	const struct command *commands[8]; /* up to a NULL */
} groups[] = {
	{"To see", {&command_list, &command_show, &command_ps, &command_explain, &command_getfacl,
			   &command_quota}},
	{"To see what goes on", {&command_top, &command_watch, &command_wait}},
	{"To see the broker, and to end it", {&command_status, &command_metrics, &command_stop}},
	{"To look into", {&command_cat, &command_dump}},
	{"To make and to remove", {&command_create, &command_write, &command_rm}},
	{"To say who may", {&command_chmod, &command_chown, &command_setfacl}},
};

#define GROUPS (sizeof(groups) / sizeof(*groups))

static const char introduction[] =
	"Usage: prshmctl COMMAND [OPTION]... [ARGUMENT]...\n"
	"See and steer named shared memory: the segments that prshmd(8), a broker, keeps.\n";

static const char examples[] =
	"\n"
	"A NAME looks like a path, /demo/words say; no such file is made or needed.\n"
	"\n"
	"  prshmctl create /demo/words 64K     a new segment of 65536 bytes\n"
	"  prshmctl list /demo/                what there is, and who has how much\n"
	"  prshmctl explain /demo/words        what you may do with it, and why\n"
	"  prshmctl setfacl -m user:bob:rw /demo/words\n"
	"                                      lets bob read and write it, too\n"
	"  prshmctl rm /demo/words             removes the name; who has it open keeps it\n"
	"\n"
	"'prshmctl COMMAND --help' tells more of each; the manual is prshmctl(1).\n"
	"\n"
	"The broker is that of the host, or your own; $PRSHM_SOCKET names another.\n"
	"The exit status is 0; 1 if something failed, standard error says what; 2 for\n"
	"wrong usage.\n";

static void print_help(void)
{
	fputs(introduction, stdout);
	for (size_t i = 0; i < GROUPS; i++) {
		printf("\n%s:\n", groups[i].title);
		for (const struct command *const *c = groups[i].commands; *c; c++)
			printf("  %-8s %-24s  %s\n", (*c)->name, (*c)->arguments, (*c)->summary);
	}
	fputs(examples, stdout);
}

static const struct command *find_command(const char *name)
{
	if (strcmp(name, "ls") == 0)
		name = "list";
	for (size_t i = 0; i < GROUPS; i++) {
		for (const struct command *const *c = groups[i].commands; *c; c++) {
			if (strcmp((*c)->name, name) == 0)
				return *c;
		}
	}
	return NULL;
}

/* "help", "help COMMAND". */
static int help(const char *name)
{
	const struct command *command = name ? find_command(name) : NULL;

	if (name && !command) {
		failure_say(name, "no such command; see 'prshmctl --help'");
		return MISUSED;
	}
	if (command)
		command_print_help(command);
	else
		print_help();
	return DONE;
}

static int run(int argc, char **argv)
{
	char title[32];

	if (argc < 2) {
		fputs("prshmctl: expected a COMMAND; see 'prshmctl --help'\n", stderr);
		return MISUSED;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	if (strcmp(argv[1], "help") == 0)
		return help(argv[2]);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("prshmctl " PACKAGE_VERSION);
		return DONE;
	}
	command_current = find_command(argv[1]);
	if (!command_current) {
		failure_say(argv[1], "no such command; see 'prshmctl --help'");
		return MISUSED;
	}
	if (!command_current->starts)
		setenv("PRSHM_AUTOSTART", "0", 1); /* to look starts nothing */
	snprintf(title, sizeof(title), "prshmctl %s", command_current->name);
	argv[1] = title; /* what getopt's messages begin with */
	return command_current->run(argc - 1, argv + 1);
}

/*
 * If standard input or output is closed, the next file that is opened would get its number, and be
 * read or written in its place. So /dev/null takes the number, opened for the other direction. A
 * use then fails, as it would on the closed one.
 */
static void keep_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			abort();
	}
}

int main(int argc, char **argv)
{
	int status;

	keep_standard();
	setlocale(LC_ALL, "");
	/*
	 * The parent may ignore SIGPIPE. A closed pipe must end this program all the same, and
	 * quietly.
	 */
	signal(SIGPIPE, SIG_DFL);
	status = run(argc, argv);
	/* A full disk may show only here. A command that has failed has already said why. */
	errno = 0;
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == DONE) {
		fprintf(stderr, "prshmctl: standard output: %s\n",
			errno ? strerror(errno) : "could not be written");
		return FAILED;
	}
	return status;
}
