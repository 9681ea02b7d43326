/* SPDX-License-Identifier: MIT */
/*
 * A broker that has much beside one that has little, which should not be felt: segments,
 * connections that say nothing, and clients that all want something at once, these beside the least
 * that a broker could do for as many.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "bench/contenders.h"
#include "bench/daemon-process.h"
#include "bench/floor.h"
#include "bench/section.h"
#include "bench/sides.h"
#include "bench/statistics.h"
#include "bench/throng.h"

#define SEGMENTS     16000U
#define FEW_SEGMENTS 100U
#define CONNECTIONS  4000U
#define CLIENTS      64U
#define CLIENT_RUNS  20U /* of each client in a round */
#define PAGE         4096U

#define FLAT_AT_MOST        1.05
#define THROUGHPUT_AT_LEAST 0.9

/* What the broker grants without a word in its configuration leaves no room for as many. */
#define CONFIGURATION CONFIGURATION_UNLIMITED "host-segments = 17000\nhost-connections = 4100\n"

/* A broker grants connections by its limit of descriptors: with so many, more than that. */
#define DESCRIPTORS 65536U

struct broker_side {
	struct daemon_process daemon;
	int fd;                /* of the client whose runs count */
	unsigned int segments; /* that it may open */
	bool is_random;        /* any of them, else always the same */
};

static void name_numbered(unsigned int number, char name[64])
{
	snprintf(name, 64, "/prshm-bench/of-some-length/segment-%05u", number);
}

static bool create_segments(int fd, unsigned int count)
{
	bool ok = true;
	char name[64];

	for (unsigned int i = 0; ok && i < count; i++) {
		struct bare_segment segment;

		name_numbered(i, name);
		ok = bare_open(fd, name, PAGE, WIRE_OPEN_CREATE, &segment) == STATUS_OK &&
		     bare_close(fd, &segment);
	}
	return ok;
}

static bool start_side(struct broker_side *side, const struct place *place, unsigned int segments)
{
	static const struct daemon_options options = {.configuration = CONFIGURATION};

	*side = (struct broker_side){.fd = -1, .segments = segments};
	if (!daemon_process_start(&side->daemon, place, &options))
		return false;
	side->fd = daemon_process_connect(&side->daemon);
	if (side->fd >= 0 && create_segments(side->fd, segments))
		return true;
	if (side->fd >= 0)
		close(side->fd);
	daemon_process_stop(&side->daemon);
	return false;
}

static void stop_side(struct broker_side *side)
{
	close(side->fd);
	daemon_process_stop(&side->daemon);
}

/* One client opens and closes; nobody attaches, which costs the same of any broker. */
static bool run_opens(void *data, double *times, unsigned int count, double *figure)
{
	const struct broker_side *side = data;
	char name[64];

	for (unsigned int i = 0; i < count; i++) {
		struct bare_segment segment;
		double begin;

		name_numbered(side->is_random ? (unsigned int)random() % side->segments
					      : side->segments / 3,
			name);
		begin = now_us();
		if (bare_open(side->fd, name, 0, 0, &segment) != STATUS_OK ||
			!bare_close(side->fd, &segment))
			return false;
		times[i] = now_us() - begin;
	}
	*figure = quantile(times, count, 0.5);
	return true;
}

/* at_most 0: nothing is expected. */
static bool put_opens(const char *key, const char *what, double at_most,
	struct broker_side brokers[2], const struct schedule *schedule)
{
	struct side sides[2] = {
		{.run = run_opens, .data = &brokers[0]},
		{.run = run_opens, .data = &brokers[1]},
	};
	const double ratio = sides_measure(sides, schedule->rounds, schedule->batch);

	return ratio > 0 && section_put(key, what, "times", ratio, at_most,
				    "%.2f us, p99.9 %.1f; against %.2f, %.1f", sides[1].figure,
				    sides[1].p999, sides[0].figure, sides[0].p999);
}

static bool measure_segments(
	const struct place *place, const struct schedule *schedule, rlim_t descriptors)
{
	const rlim_t granted = descriptors / 5 * 4;
	const unsigned int segments = granted < SEGMENTS ? (unsigned int)granted : SEGMENTS;
	struct broker_side brokers[2];
	char what[64];
	bool ok;

	if (!start_side(&brokers[0], place, FEW_SEGMENTS))
		return section_missing("%s does not run", place->daemon_program);
	if (!start_side(&brokers[1], place, segments)) {
		stop_side(&brokers[0]);
		return section_missing("a broker does not take %u segments", segments);
	}
	snprintf(what, sizeof(what), "open: %u segments, not %u", segments, FEW_SEGMENTS);
	ok = put_opens("segments", what, FLAT_AT_MOST, brokers, schedule);
	brokers[0].is_random = brokers[1].is_random = true;
	ok = ok &&
	     put_opens("segments-random", "... any of them, not always one", 0, brokers, schedule);
	stop_side(&brokers[1]);
	stop_side(&brokers[0]);
	return ok;
}

/* Returns how many there are; fewer: the broker grants no more. */
static unsigned int connect_many(const struct daemon_process *daemon, int *fds, unsigned int count)
{
	unsigned int made = 0;

	while (made < count) {
		fds[made] = daemon_process_connect(daemon);
		if (fds[made] < 0)
			break;
		made++;
	}
	return made;
}

static bool measure_connections(const struct place *place, const struct schedule *schedule)
{
	struct broker_side brokers[2];
	int fds[CONNECTIONS];
	unsigned int made;
	char what[64];
	bool ok;

	if (!start_side(&brokers[0], place, FEW_SEGMENTS))
		return false;
	if (!start_side(&brokers[1], place, FEW_SEGMENTS)) {
		stop_side(&brokers[0]);
		return false;
	}
	made = connect_many(&brokers[1].daemon, fds, CONNECTIONS);
	snprintf(what, sizeof(what), "open: %u idle connections, not 0", made);
	ok = put_opens("connections", what, FLAT_AT_MOST, brokers, schedule);
	while (made > 0)
		close(fds[--made]);
	stop_side(&brokers[1]);
	stop_side(&brokers[0]);
	return ok;
}

struct contest {
	struct broker_side broker;
	int fds[CLIENTS]; /* of its clients */
	unsigned int count;
	struct floor floors[CLIENTS]; /* clients of one server */
	pid_t floor_server;
	struct throng throngs[2]; /* the broker's clients, the floor's */
	const char *name;
};

static bool act_broker(void *data, unsigned int number)
{
	const struct contest *contest = data;

	return bare_use(contest->fds[number], contest->name, 0, 0);
}

static bool act_floor(void *data, unsigned int number)
{
	const struct contest *contest = data;

	return floor_use(&contest->floors[number], FLOOR_MAP | FLOOR_CLOSE, FLOOR_PASS);
}

static bool start_broker_clients(struct contest *contest, const struct place *place)
{
	struct bare_segment segment;

	if (!start_side(&contest->broker, place, 0))
		return false;
	contest->name = place->existing;
	contest->count = connect_many(&contest->broker.daemon, contest->fds, CLIENTS);
	return contest->count == CLIENTS &&
	       bare_open(contest->broker.fd, contest->name, SEGMENT_BYTES, WIRE_OPEN_CREATE,
		       &segment) == STATUS_OK &&
	       bare_close(contest->broker.fd, &segment) &&
	       throng_start(&contest->throngs[0], CLIENTS, CLIENT_RUNS, act_broker, contest);
}

static bool start_floor_clients(struct contest *contest)
{
	int fds[CLIENTS];

	contest->floor_server = floor_server_start(true, false, fds, CLIENTS);
	if (contest->floor_server < 0)
		return false;
	for (unsigned int i = 0; i < CLIENTS; i++)
		contest->floors[i] =
			(struct floor){.fd = fds[i], .name_length = strlen(contest->name)};
	return throng_start(&contest->throngs[1], CLIENTS, CLIENT_RUNS, act_floor, contest);
}

/* Takes one that did not quite start. */
static void stop_contest(struct contest *contest)
{
	throng_stop(&contest->throngs[1]);
	throng_stop(&contest->throngs[0]);
	if (contest->floor_server > 0) {
		kill(contest->floor_server, SIGKILL);
		waitpid(contest->floor_server, NULL, 0);
		for (unsigned int i = 0; i < CLIENTS; i++)
			close(contest->floors[i].fd);
	}
	if (!contest->name)
		return;
	while (contest->count > 0)
		close(contest->fds[--contest->count]);
	stop_side(&contest->broker);
}

/* The round's figure is how long it took, since all of them do the same. */
static bool run_throng(void *data, double *times, unsigned int count, double *figure)
{
	struct throng *throng = data;

	*figure = throng_run(throng);
	memcpy(times, throng->times, count * sizeof(*times));
	return *figure > 0;
}

static bool put_throughput(struct throng throngs[2], const struct schedule *schedule)
{
	struct side sides[2] = {
		{.run = run_throng, .data = &throngs[0]}, /* the broker's clients */
		{.run = run_throng, .data = &throngs[1]}, /* the floor's */
	};
	const unsigned int runs = CLIENTS * CLIENT_RUNS;
	const double ratio = sides_measure(sides, schedule->rounds, runs);

	return ratio > 0 &&
	       section_put_at_least("throughput", "64 clients: throughput, of the floor's", "times",
		       ratio, THROUGHPUT_AT_LEAST,
		       "%.0f a second, p99.9 %.0f us; floor: %.0f, %.0f",
		       runs / sides[0].figure * 1e6, sides[0].p999, runs / sides[1].figure * 1e6,
		       sides[1].p999);
}

static bool measure_clients(const struct place *place, const struct schedule *schedule)
{
	struct contest *contest = calloc(1, sizeof(*contest));
	bool ok = contest && start_broker_clients(contest, place) && start_floor_clients(contest) &&
		  put_throughput(contest->throngs, schedule);

	if (contest)
		stop_contest(contest);
	free(contest);
	return ok;
}

/* Returns what it is then; brokers that we start inherit it. Only root may raise the hard one. */
static rlim_t raise_descriptor_limit(struct rlimit limit)
{
	const struct rlimit wanted = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};

	if (limit.rlim_max < DESCRIPTORS && setrlimit(RLIMIT_NOFILE, &wanted) == 0)
		return DESCRIPTORS;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

bool scale_measure(const struct place *place, const struct schedule *schedule)
{
	struct rlimit before;
	rlim_t descriptors;
	bool ok;

	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return false;
	descriptors = raise_descriptor_limit(before);
	ok = measure_segments(place, schedule, descriptors) &&
	     measure_connections(place, schedule) && measure_clients(place, schedule);
	setrlimit(RLIMIT_NOFILE, &before);
	return ok;
}
