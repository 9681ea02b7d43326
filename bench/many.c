/* SPDX-License-Identifier: MIT */
/*
 * Opening 64 segments that exist and are not parked: in one call, one by one, and as POSIX has
 * them, with the close of all. Each round does it once in every way; what is told is per segment.
 * Closes go one-way: that the broker has done them is seen by a round trip behind them, which is
 * part of the time, or it would be of the next way's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/pr-library.h"
#include "bench/section.h"
#include "bench/statistics.h"
#include "include/prshm-client.h"

#define NAMES        PRSHM_MANY_MAX
#define ROUNDS       400U
#define QUICK_ROUNDS 60U
#define AT_MOST      1.0 /* of POSIX's time */

enum way { WAY_MANY, WAY_SINGLE, WAY_POSIX, WAY_COUNT };

struct many {
	const struct place *place;
	struct pr_library ours;
	enum prshm_result (*open_many)(const char *const *names, size_t count,
		const struct prshm_options *options, PRSharedMemory **handles,
		enum prshm_result *results);
	char names[NAMES][96];
	char posix_names[NAMES][48];
	const char *pointers[NAMES];
	PRSharedMemory *handles[NAMES];
	int fds[NAMES];
	double opens[WAY_COUNT][ROUNDS]; /* us for all of them */
	double alls[WAY_COUNT][ROUNDS];  /* with the closes */
};

static bool open_all(struct many *many, enum way way)
{
	static const struct prshm_options options;
	enum prshm_result results[NAMES];
	struct stat st;
	bool ok = true;

	if (way == WAY_MANY)
		return many->open_many(many->pointers, NAMES, &options, many->handles, results) ==
		       PRSHM_OK;
	for (size_t i = 0; i < NAMES; i++) {
		if (way == WAY_SINGLE) {
			many->handles[i] = many->ours.open(many->names[i], 0, 0, 0);
		} else {
			many->fds[i] = shm_open(many->posix_names[i], O_RDWR, 0);
			ok = ok && many->fds[i] >= 0 && fstat(many->fds[i], &st) == 0;
		}
	}
	return ok;
}

static bool close_all(struct many *many, enum way way)
{
	bool ok = true;

	for (size_t i = 0; i < NAMES; i++) {
		if (way == WAY_POSIX)
			ok = many->fds[i] >= 0 && close(many->fds[i]) == 0 && ok;
		else
			ok = many->handles[i] && many->ours.close(many->handles[i]) == PR_SUCCESS &&
			     ok;
	}
	return ok;
}

/* Returns when the broker has done all that it was sent. */
static void settle(const struct many *many)
{
	many->ours.unname("/prshm-bench/none");
}

static bool measure_rounds(struct many *many, unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < WAY_COUNT; i++) {
			const enum way way = (round + i) % WAY_COUNT;
			const double begin = now_us();
			double opened;
			bool ok;

			ok = open_all(many, way);
			opened = now_us();
			ok = close_all(many, way) && ok;
			if (way != WAY_POSIX)
				settle(many);
			many->opens[way][round] = opened - begin;
			many->alls[way][round] = now_us() - begin;
			if (measure_interrupted || !ok)
				return false;
		}
	}
	return true;
}

static bool put(
	const char *key, const char *what, double times[WAY_COUNT][ROUNDS], unsigned int rounds)
{
	double ratios[ROUNDS];

	for (unsigned int i = 0; i < rounds; i++)
		ratios[i] = times[WAY_MANY][i] / times[WAY_POSIX][i];
	return section_put(key, what, "times", quantile(ratios, rounds, 0.5), AT_MOST,
		"us each: %.2f; shm_open %.2f; one by one %.2f",
		quantile(times[WAY_MANY], rounds, 0.5) / NAMES,
		quantile(times[WAY_POSIX], rounds, 0.5) / NAMES,
		quantile(times[WAY_SINGLE], rounds, 0.5) / NAMES);
}

static bool make(struct many *many)
{
	for (size_t i = 0; i < NAMES; i++) {
		PRSharedMemory *shm;
		int fd;

		snprintf(many->names[i], sizeof(many->names[i]), "%s-%zu", many->place->created, i);
		snprintf(many->posix_names[i], sizeof(many->posix_names[i]), "/prshm-bench-%d-%zu",
			(int)getpid(), i);
		many->pointers[i] = many->names[i];
		shm = many->ours.open(many->names[i], SEGMENT_BYTES, PR_SHM_CREATE, 0600);
		fd = shm_open(many->posix_names[i], O_CREAT | O_RDWR, 0600);
		if (!shm || many->ours.close(shm) != PR_SUCCESS || fd < 0 ||
			ftruncate(fd, (off_t)SEGMENT_BYTES) < 0 || close(fd) < 0)
			return false;
	}
	return true;
}

static bool measure_with(struct many *many, unsigned int rounds)
{
	bool ok =
		make(many) && measure_rounds(many, rounds) &&
		put("open-and-close", "64 at once to shm_open, fstat, close", many->alls, rounds) &&
		put("open", "64 at once to shm_open, fstat", many->opens, rounds);

	for (size_t i = 0; i < NAMES; i++)
		shm_unlink(many->posix_names[i]);
	return ok;
}

bool many_measure(const struct place *place, const struct schedule *schedule)
{
	struct many *many = calloc(1, sizeof(*many));
	bool ok;

	if (!many)
		return false;
	many->place = place;
	setenv("PRSHM_PARK", "0", 1); /* each open asks the broker */
	ok = pr_library_start(&many->ours, place, CONFIGURATION_UNLIMITED, "prshm_open_many",
		     &many->open_many) &&
	     measure_with(many, schedule->is_quick ? QUICK_ROUNDS : ROUNDS);
	daemon_process_stop(&many->ours.daemon);
	free(many);
	return ok;
}
