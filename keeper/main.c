/* SPDX-License-Identifier: MIT */
/*
 * prshm-keeper serves one link after the other: either links of brokers that connect to its socket,
 * or links of the brokers that it starts by its COMMAND.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "base/clock.h"
#include "base/kernel.h"
#include "base/launch.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/service-manager.h"
#include "base/units.h"
#include "keeper/keeper.h"

#define OWN_DESCRIPTORS 32 /* streams, sockets, and descriptors that may have been inherited */

/* Milliseconds. */
#define START_INTERVAL 50   /* at least, between two starts, if the first broker started well */
#define PAUSE_MIN      100  /* after a broker that did not start well; doubled each time */
#define PAUSE_MAX      5000 /* the longest such pause */

static const char help[] =
	"Usage: prshm-keeper [--socket=PATH]\n"
	"       prshm-keeper -- COMMAND [ARGUMENT]...\n"
	"Holds the descriptors of a prshmd, so that it may die and come back.\n\n"
	"  -s, --socket=PATH  listen there; without it, on the socket that the service manager\n"
	"                     passes (systemd.socket(5))\n"
	"  -h, --help         print this and exit\n"
	"  -V, --version      print the version and exit\n\n"
	"The COMMAND is for prshmd to give. The manual is prshm-keeper(8).\n";

static int accept_link(int listener)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	int link = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (link < 0) {
		if (errno != EAGAIN) {
			log_write(LOG_WARNING, "new link: %s", strerror(errno));
			sleep(1);
		}
		return -1;
	}
	getsockopt(link, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	if (peer.uid == geteuid())
		return link;
	log_write(LOG_WARNING, "refused a link from uid %u, pid %d: not our own user", peer.uid,
		(int)peer.pid);
	close(link);
	return -1;
}

/* Under a service manager: what the keeper holds must reach the next one. */
static void catch_signals(struct keeper *keeper)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	keeper->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (keeper->signals < 0)
		sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

static int serve_listener(struct keeper *keeper, const char *path)
{
	struct listener listener;
	uint64_t microseconds;
	int parcel;
	int link;

	if (getenv("NOTIFY_SOCKET"))
		catch_signals(keeper);
	if (listener_open(path, 0600, &listener, &parcel) < 0)
		return 1;
	if (parcel >= 0) {
		keeper_inherit(parcel, &keeper->store);
		keeper->inherited = true;
	}
	if (sd_watchdog_enabled(0, &microseconds) > 0)
		keeper->watchdog = (int)(microseconds / 2000 + 1);
	keeper->notify_at = 0;
	while (!keeper->ending) {
		link_wait(keeper, listener.fd);
		link = keeper->ending ? -1 : accept_link(listener.fd);
		if (link >= 0 && link_serve(keeper, link) == -ESHUTDOWN)
			break;
	}
	if (keeper->ending)
		keeper_leave(&keeper->store);
	listener_deinit(&listener);
	return 0;
}

/*
 * Starts a broker again when the last one has died. When the keeper itself ended the link, the
 * broker still lives: it starts another keeper and hands all over to that one. So this keeper ends
 * then, and never starts a second broker beside the first.
 */
static int serve_command(struct keeper *keeper)
{
	int64_t started = clock_milliseconds();
	int link = SD_LISTEN_FDS_START;
	int pause = 0;
	int end;
	char held[UNITS_COUNT_MAX];

	if (sd_listen_fds(1) != 1 || sd_is_socket_unix(link, SOCK_SEQPACKET, 0, NULL, 0) <= 0) {
		log_write(LOG_ERR, "no link was passed: start prshmd, which starts its keeper");
		return 1;
	}
	setsid(); /* Ctrl-C at the terminal is for the broker alone */
	while ((end = link_serve(keeper, link)) == -ECONNRESET) {
		if (keeper->has_put) /* it started well; but what killed it may happen again */
			pause = START_INTERVAL -
				(int)MIN(clock_milliseconds() - started, START_INTERVAL);
		else
			pause = MIN(MAX(pause * 2, PAUSE_MIN), PAUSE_MAX);
		log_write(LOG_WARNING, "the broker has died, %s held: starting it in %d ms",
			units_count(keeper->store.count, "descriptor", held), pause);
		poll(NULL, 0, pause);
		started = clock_milliseconds();
		while ((link = launch(keeper->command, PASSED_KEEPER, NULL)) < 0) {
			log_write(LOG_ERR, "cannot start it: %s", strerror(-link));
			sleep(1);
		}
	}
	return end == -ESHUTDOWN ? 0 : 1;
}

static int keeper_init(struct keeper *keeper)
{
	struct rlimit limit;

	log_init();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* a log that is at its RLIMIT_FSIZE: lines are lost, and nothing else */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* so a broker that ends leaves no zombie: sigaction(2) */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	keeper->store.max = MAX(limit.rlim_max, OWN_DESCRIPTORS) - OWN_DESCRIPTORS;
	keeper->pidfd = kernel_pidfd_open(getpid(), 0);
	if (keeper->pidfd < 0)
		log_write(LOG_ERR, "pidfd_open: %s; Linux 5.3 or newer is needed", strerror(errno));
	return keeper->pidfd;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	static struct keeper keeper = {.signals = -1, .watchdog = -1, .notify_at = INT64_MAX};
	const char *path = NULL;
	bool wrong = false;
	int option;

	while ((option = getopt_long(argc, argv, "+s:hV", options, NULL)) != -1) {
		if (option == 's')
			path = optarg;
		else if (option == 'h')
			return fputs(help, stdout) < 0;
		else if (option == 'V')
			return puts("prshm-keeper " PACKAGE_VERSION) < 0;
		else
			wrong = true;
	}
	if (wrong || (path && (optind < argc || *path == '\0'))) {
		fputs("Try 'prshm-keeper --help'.\n", stderr);
		return 2;
	}
	keeper.command = optind < argc ? &argv[optind] : NULL;
	if (keeper_init(&keeper) < 0)
		return 1;
	return keeper.command ? serve_command(&keeper) : serve_listener(&keeper, path);
}
