/* SPDX-License-Identifier: MIT */
/*
 * chaos: kills broker and keeper at random, four times the one for once the other, and has clients
 * look whether anything is lost; what the clients do is in chaos-client.c. Run by root, each client
 * is a user of its own, who also looks what is charged, and what the rights of the others' segments
 * let it do.
 *
 * Never both within the time a handover takes, for then all would be lost indeed. It has ended when
 * there is another process of that name, and each client has got an answer to something that it
 * began after that: the broker answers nobody before it has taken all over, or handed all over. One
 * may be killed once more before, since the other has all; now and then it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "tests/soak/chaos-clients.h"
#include "tests/soak/chaos-options.h"
#include "tests/soak/chaos.h"
#include "bench/daemon-process.h"
#include "bench/place.h"
#include "bench/statistics.h"

#define GAP_MAX           150.0 /* milliseconds between a handover and the next kill */
#define AGAIN_MAX         10.0  /* ... and before one that has just been started is killed again */
#define AGAIN_ONE_IN      6     /* kills */
#define KEEPER_ONE_IN     5     /* kills */
#define ERRORS_ENOUGH     10
#define MEDIAN_AT_MOST_MS 20.0

enum victim { VICTIM_BROKER, VICTIM_KEEPER, VICTIM_COUNT };

struct run {
	struct chaos_options options;
	struct place place;
	struct daemon_process daemon;
	struct chaos_clients clients;
	unsigned int kills[VICTIM_COUNT];
	double *pauses; /* milliseconds, of each handover */
	unsigned int handovers;
	struct chaos_totals totals;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static void rest(double milliseconds)
{
	usleep((useconds_t)(milliseconds * 1000));
}

static double random_up_to(double limit)
{
	return limit * drand48();
}

static pid_t find(const struct run *run, enum victim victim)
{
	return victim == VICTIM_BROKER ? daemon_process_broker(&run->daemon)
				       : daemon_process_keeper(&run->daemon);
}

/* Another process of that name than the one that was killed; 0: none comes. */
static pid_t wait_for_successor(const struct run *run, enum victim victim, pid_t killed)
{
	const double deadline = now_us() + CHAOS_STUCK_SECONDS * 1e6;
	pid_t successor = find(run, victim);

	while ((successor == 0 || successor == killed) && now_us() < deadline) {
		rest(0.2);
		successor = find(run, victim);
	}
	if (successor != 0 && successor != killed)
		return successor;
	fprintf(stderr, "chaos: no %s comes after the one that was killed\n",
		victim == VICTIM_BROKER ? "broker" : "keeper");
	return 0;
}

static bool hand_over(struct run *run)
{
	const enum victim victim = random_up_to(KEEPER_ONE_IN) < 1 ? VICTIM_KEEPER : VICTIM_BROKER;
	unsigned int again = random_up_to(AGAIN_ONE_IN) < 1 ? 2 : 1;
	pid_t pid = find(run, victim);

	chaos_clients_take_longest(&run->clients);
	for (; again > 0 && pid > 0; again--) {
		if (kill(pid, SIGKILL) == 0)
			run->kills[victim]++;
		pid = wait_for_successor(run, victim, pid);
		if (again > 1)
			rest(random_up_to(AGAIN_MAX));
	}
	if (pid == 0 || !chaos_clients_wait(&run->clients))
		return false;
	run->pauses[run->handovers++] = chaos_clients_take_longest(&run->clients);
	return true;
}

/* False: somebody does not come back. */
static bool kill_at_random(struct run *run)
{
	while (run->kills[VICTIM_BROKER] + run->kills[VICTIM_KEEPER] < run->options.kills) {
		rest(random_up_to(GAP_MAX));
		if (interrupted || chaos_clients_errors(&run->clients) >= ERRORS_ENOUGH)
			return true;
		if (!hand_over(run))
			return false;
	}
	return true;
}

/* A race that the others had no time for has a winner, too. */
static bool end_races(const struct run *run, int fd)
{
	bool ok = true;
	char name[64];

	for (unsigned int i = 0; i < CHAOS_RACES && run->clients.chaos->races[i].tried > 0; i++) {
		if (run->clients.chaos->races[i].tried == run->options.clients)
			continue;
		snprintf(name, sizeof(name), CHAOS_RACE_NAME, i);
		ok = bare_delete(fd, name) == STATUS_OK && ok;
	}
	return ok;
}

/* Everything was deleted, so nothing is to be left. */
static void look_for_leftovers(struct run *run)
{
	const int fd = daemon_process_connect(&run->daemon);
	const bool ended = fd >= 0 && end_races(run, fd);
	const long left = fd >= 0 ? bare_count_segments(fd) : -1;

	if (!ended || left != 0) {
		fprintf(stderr, "chaos: %ld segments that were deleted are there, and a race %s\n",
			left, ended ? "has ended" : "has not");
		run->totals.errors++;
	}
	if (fd >= 0)
		close(fd);
}

static bool run_all(struct run *run)
{
	const struct daemon_options options = {
		.configuration = CONFIGURATION_UNLIMITED, .log = run->options.log};
	bool ok = daemon_process_start(&run->daemon, &run->place, &options);

	if (!ok) {
		fprintf(stderr, "chaos: %s does not run\n", run->options.daemon);
		return false;
	}
	ok = chaos_clients_start(&run->clients, run->daemon.socket) &&
	     chaos_clients_wait(&run->clients) && kill_at_random(run);
	chaos_clients_end(&run->clients, &run->totals);
	if (!ok)
		run->totals.errors++;
	else
		look_for_leftovers(run);
	daemon_process_stop(&run->daemon);
	return !interrupted;
}

static double median(struct run *run)
{
	return run->handovers > 0 ? quantile(run->pauses, run->handovers, 0.5) : 0;
}

static double longest(struct run *run)
{
	return run->handovers > 0 ? quantile(run->pauses, run->handovers, 1) : 0;
}

static void report(struct run *run)
{
	const bool all =
		run->kills[VICTIM_BROKER] + run->kills[VICTIM_KEEPER] >= run->options.kills;

	printf("%u clients, seed %u\n", run->options.clients, run->options.seed);
	printf("  %-20s%9u broker, %u keeper  %s\n", "kills", run->kills[VICTIM_BROKER],
		run->kills[VICTIM_KEEPER], all ? "" : "(of fewer than were asked for)");
	printf("  %-20s%9" PRIu64 "\n", "operations", run->totals.operations);
	printf("  %-20s%9" PRIu64 "           0  %s\n", "errors", run->totals.errors,
		run->totals.errors == 0 ? "met" : "MISSED");
	printf("  %-20s%9" PRIu64 "           0  %s\n", "lost", run->totals.lost,
		run->totals.lost == 0 ? "met" : "MISSED");
	printf("  %-20s%9.1f ms   < %.0f  %s\n", "median pause", median(run), MEDIAN_AT_MOST_MS,
		median(run) < MEDIAN_AT_MOST_MS ? "met" : "MISSED");
	printf("  %-20s%9.1f ms\n", "longest pause", longest(run));
}

static bool report_json(struct run *run)
{
	FILE *file = run->options.json ? fopen(run->options.json, "we") : NULL;
	bool ok = file;

	if (!run->options.json)
		return true;
	if (file) {
		fprintf(file,
			"{\"clients\": %u, \"seed\": %u, \"kills_broker\": %u, \"kills_keeper\": "
			"%u,\n"
			" \"operations\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"lost\": %" PRIu64
			",\n \"median_pause_ms\": %.3f, \"longest_pause_ms\": %.3f}\n",
			run->options.clients, run->options.seed, run->kills[VICTIM_BROKER],
			run->kills[VICTIM_KEEPER], run->totals.operations, run->totals.errors,
			run->totals.lost, median(run), longest(run));
		ok = fclose(file) == 0;
	}
	if (!ok)
		fprintf(stderr, "chaos: %s: %s\n", run->options.json, strerror(errno));
	return ok;
}

static bool run_init(struct run *run)
{
	run->pauses = calloc(run->options.kills + 1, sizeof(*run->pauses));
	run->clients.chaos = mmap(NULL, sizeof(*run->clients.chaos), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!run->pauses || run->clients.chaos == MAP_FAILED) {
		fputs("chaos: out of memory\n", stderr);
		return false;
	}
	run->clients.chaos->seed = run->options.seed;
	run->clients.chaos->clients = run->options.clients;
	srand48((long)run->options.seed);
	run->place.daemon_program = run->options.daemon;
	return place_init(&run->place);
}

/* Status 0: all was as it has to be, but for how long it took. */
int main(int argc, char **argv)
{
	struct run run = {.pauses = NULL};
	int status = chaos_options_parse(&run.options, argc, argv);
	bool ok;

	if (status >= 0)
		return status;
	if (!run_init(&run))
		return 1;
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	ok = run_all(&run);
	place_deinit(&run.place);
	if (ok)
		report(&run);
	else if (interrupted)
		fputs("chaos: interrupted\n", stderr);
	ok = ok && report_json(&run) && run.totals.errors == 0 && run.totals.lost == 0;
	free(run.pauses);
	return ok ? 0 : 1;
}
