/* SPDX-License-Identifier: MIT */
/*
 * What it takes that nothing is lost: how long a broker that was killed is away from clients that
 * it has many of, how much its keeper takes up meanwhile, and what a record of the journal costs.
 * A broker with ten thousand segments and a thousand connections that hold them, killed over and
 * over: once all clients ask and wait at once, once only somebody who comes anew.
 */
#include "bench/journal-cost.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "bench/daemon-process.h"
#include "bench/memory.h"
#include "bench/recovery-floor.h"
#include "bench/section.h"
#include "bench/statistics.h"

#define SEGMENTS    10000U
#define CONNECTIONS 1000U
#define ROUNDS      5
#define PAGE        4096U
#define CALM_MS     200 /* between two kills: who starts the broker again does not do so in haste */

#define AWAY_AT_MOST        4.0           /* of the floor */
#define KEEPER_AT_MOST      (3.0 * 1024)  /* KiB, and: */
#define KEEPER_EACH_AT_MOST (64.0 / 1024) /* KiB a descriptor */
#define RECORD_AT_MOST      3.0           /* of copying it with its checksum */

struct clients {
	struct daemon_process daemon;
	int *fds; /* owned */
	unsigned int count;
	unsigned int wanted;   /* of them */
	unsigned int segments; /* that they hold, each as many */
};

/* They are held: their handles are not given back. */
static bool create_segments(int fd, unsigned int first, unsigned int count)
{
	bool ok = true;
	char name[64];

	for (unsigned int i = 0; ok && i < count; i++) {
		struct bare_segment segment;

		snprintf(name, sizeof(name), "/prshm-bench/segment-%05u", first + i);
		ok = bare_open(fd, name, PAGE, WIRE_OPEN_CREATE, &segment) == STATUS_OK;
		if (ok)
			close(segment.fd);
	}
	return ok;
}

static bool connect_all(struct clients *clients)
{
	const unsigned int each = clients->segments / clients->wanted;
	bool ok = true;

	while (ok && clients->count < clients->wanted) {
		const int fd = daemon_process_connect(&clients->daemon);

		ok = fd >= 0 && create_segments(fd, clients->count * each, each);
		if (fd >= 0)
			clients->fds[clients->count++] = fd;
	}
	return ok;
}

/* Returns when it was: only then nobody else reads what is asked from now on. */
static bool kill_broker(const struct clients *clients, double *when)
{
	const pid_t pid = daemon_process_broker(&clients->daemon);
	struct pollfd death = {.fd = pid > 0 ? pidfd_open(pid, 0) : -1, .events = POLLIN};
	bool ok;

	if (death.fd < 0)
		return false;
	*when = now_us();
	ok = kill(pid, SIGKILL) == 0 && poll(&death, 1, -1) == 1;
	close(death.fd);
	return ok;
}

/* What stood before it: that the broker was restarted. */
static bool receive_answer(int fd)
{
	enum status status;
	uint32_t handle;

	do {
		if (bare_receive(fd, 0, &status, &handle) < 0)
			return false;
	} while (status == STATUS_RESTARTED);
	return status == STATUS_NOT_FOUND;
}

static bool ask_all(const struct clients *clients)
{
	bool ok = true;

	for (unsigned int i = 0; ok && i < clients->count; i++)
		ok = bare_send_ask(clients->fds[i], 0) == 0;
	for (unsigned int i = 0; ok && i < clients->count; i++)
		ok = receive_answer(clients->fds[i]);
	return ok;
}

static bool come_anew(const struct clients *clients)
{
	const int fd = daemon_process_connect(&clients->daemon);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* *median: milliseconds. */
static bool measure_kills(
	const struct clients *clients, bool (*ask)(const struct clients *clients), double *median)
{
	double times[ROUNDS];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		double when;

		usleep(CALM_MS * 1000);
		if (!kill_broker(clients, &when) || !ask(clients))
			return false;
		times[round] = (now_us() - when) / 1000;
	}
	*median = quantile(times, ROUNDS, 0.5);
	return true;
}

static unsigned int count_descriptors(pid_t pid)
{
	unsigned int count = 0;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count > 2 ? count - 2 : 0; /* "." and ".." */
}

/* Once it has read what it was sent. */
static bool measure_keeper(const struct clients *clients)
{
	const pid_t keeper = daemon_process_keeper(&clients->daemon);
	unsigned int descriptors;

	usleep(CALM_MS * 1000);
	descriptors = count_descriptors(keeper);
	return descriptors > clients->segments &&
	       section_put("keeper", "resident keeper", "KiB", memory_status_kib(keeper, "VmRSS"),
		       KEEPER_AT_MOST + KEEPER_EACH_AT_MOST * descriptors, "of %u descriptors",
		       descriptors);
}

static bool measure_absence(struct clients *clients, const struct place *place)
{
	const double floor =
		recovery_floor_measure(place->daemon_program, clients->segments + clients->count);
	double answered;
	double ready;

	return floor > 0 && measure_kills(clients, ask_all, &answered) &&
	       section_put("answered", "until each client has its answer", "times",
		       answered / floor, AWAY_AT_MOST,
		       "%.0f ms; the floor %.0f; %u hold %u segments", answered, floor,
		       clients->count, clients->segments) &&
	       measure_kills(clients, come_anew, &ready) &&
	       section_put("ready", "until a new client has its first one", "times", ready / floor,
		       AWAY_AT_MOST, "%.0f ms", ready);
}

static bool measure_with(struct clients *clients, const struct place *place)
{
	static const struct daemon_options options = {.configuration = CONFIGURATION_UNLIMITED};
	bool ok;

	if (!daemon_process_start(&clients->daemon, place, &options))
		return section_missing("%s does not run", place->daemon_program);
	ok = connect_all(clients) && measure_keeper(clients) && measure_absence(clients, place);
	while (clients->count > 0)
		close(clients->fds[--clients->count]);
	daemon_process_stop(&clients->daemon);
	return ok || section_missing("no broker comes back");
}

bool recovery_measure(const struct place *place, const struct schedule *schedule)
{
	double ratio = 0;
	const double record = journal_cost_measure(&ratio);
	struct clients clients = {.count = 0};
	struct rlimit limit = {.rlim_cur = 1024};
	bool ok;

	(void)schedule; /* the broker may not be killed in haste */
	/* Well inside of what a broker with as many descriptors grants. */
	getrlimit(RLIMIT_NOFILE, &limit);
	clients.wanted =
		limit.rlim_max / 20 < CONNECTIONS ? (unsigned int)limit.rlim_max / 20 : CONNECTIONS;
	clients.segments = clients.wanted * (SEGMENTS / CONNECTIONS);
	clients.fds = calloc(clients.wanted, sizeof(*clients.fds));
	ok = clients.fds && record > 0 && measure_with(&clients, place) &&
	     section_put("record", "journal, each record to a copy", "times", ratio, RECORD_AT_MOST,
		     "%.0f ns; hold, close and outcome, one commit", record);
	free(clients.fds);
	return ok;
}
