/* SPDX-License-Identifier: MIT */
/*
 * Opening a segment again that the process has parked, attaching, detaching and closing it, beside
 * NSPR and POSIX, which open it anew each time. Once more with a write to each page, as programs
 * open memory to use it. Each round does a batch of each; ratios are medians of the rounds' own.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/pr-library.h"
#include "bench/section.h"
#include "bench/statistics.h"
#include "include/prshm-client.h"

#define NAMES        50U
#define BATCH        200U
#define ROUNDS       201U
#define QUICK_ROUNDS 31U
#define PAGE         4096U

enum way { OURS, POSIX, NSPR, OURS_WRITES, POSIX_WRITES, OURS_IN_TURN, WAY_COUNT };

struct parking {
	const struct place *place;
	struct pr_library ours;
	struct pr_library nspr;
	enum prshm_result (*status)(struct prshm_broker_status *out);
	char names[NAMES][96]; /* the first one for all but OURS_IN_TURN */
	char posix_name[32];
	double times[WAY_COUNT][ROUNDS]; /* us of a batch */
};

static void write_to_each_page(char *memory)
{
	for (size_t i = 0; i < SEGMENT_BYTES; i += PAGE)
		((volatile char *)memory)[i] = 1;
}

static bool use(const struct pr_library *pr, const char *name, bool writes)
{
	PRSharedMemory *shm = pr->open(name, 0, 0, 0);
	char *memory = shm ? pr->attach(shm, 0) : NULL;
	bool ok = memory;

	if (ok && writes)
		write_to_each_page(memory);
	ok = ok && pr->detach(shm, memory) == PR_SUCCESS;
	return shm && pr->close(shm) == PR_SUCCESS && ok;
}

static bool use_posix(const char *name, bool writes)
{
	const int fd = shm_open(name, O_RDWR, 0);
	struct stat st;
	char *memory = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0)
		memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != MAP_FAILED && writes)
		write_to_each_page(memory);
	return memory != MAP_FAILED && munmap(memory, (size_t)st.st_size) == 0 && close(fd) == 0;
}

static bool run(struct parking *parking, enum way way, unsigned int number)
{
	switch (way) {
	case OURS:
	case OURS_WRITES:
		return use(&parking->ours, parking->names[0], way == OURS_WRITES);
	case OURS_IN_TURN:
		return use(&parking->ours, parking->names[number % NAMES], false);
	case NSPR:
		return use(&parking->nspr, parking->place->existing, false);
	default:
		return use_posix(parking->posix_name, way == POSIX_WRITES);
	}
}

static bool measure_rounds(struct parking *parking, unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds * WAY_COUNT; i++) {
		const unsigned int round = i / WAY_COUNT;
		const enum way way = (round + i) % WAY_COUNT; /* each round begins with another */
		const double begin = now_us();

		for (unsigned int k = 0; k < BATCH; k++) {
			if (measure_interrupted || !run(parking, way, k))
				return false;
		}
		parking->times[way][round] = now_us() - begin;
	}
	return true;
}

static bool put(struct parking *parking, const char *key, const char *what, enum way ours,
	enum way other, unsigned int rounds, double at_most)
{
	double ratios[ROUNDS];
	double theirs[ROUNDS];
	double times[ROUNDS];

	for (unsigned int i = 0; i < rounds; i++) {
		times[i] = parking->times[ours][i];
		theirs[i] = parking->times[other][i];
		ratios[i] = times[i] / theirs[i];
	}
	return section_put(key, what, "times", quantile(ratios, rounds, 0.5), at_most,
		"%.3f and %.3f us", quantile(times, rounds, 0.5) / BATCH,
		quantile(theirs, rounds, 0.5) / BATCH);
}

static bool make_ours(struct parking *parking)
{
	for (unsigned int i = 0; i < NAMES; i++) {
		char *name = parking->names[i];
		PRSharedMemory *shm;

		snprintf(name, sizeof(parking->names[i]), "%s-%u", parking->place->created, i);
		shm = parking->ours.open(name, SEGMENT_BYTES, PR_SHM_CREATE, 0600);
		if (!shm || parking->ours.close(shm) != PR_SUCCESS ||
			!use(&parking->ours, name, true))
			return false;
	}
	return true;
}

static bool make_others(struct parking *parking)
{
	PRSharedMemory *shm =
		parking->nspr.open(parking->place->existing, SEGMENT_BYTES, PR_SHM_CREATE, 0600);
	const int fd = shm_open(parking->posix_name, O_CREAT | O_RDWR, 0600);

	return shm && parking->nspr.close(shm) == PR_SUCCESS && fd >= 0 &&
	       ftruncate(fd, (off_t)SEGMENT_BYTES) == 0 && close(fd) == 0 &&
	       use_posix(parking->posix_name, true);
}

/* A look at the broker takes nothing back, and tells how many opens asked it. */
static uint64_t opens(const struct parking *parking)
{
	struct prshm_broker_status status = {0};

	parking->status(&status);
	return status.opens;
}

static bool measure_with(struct parking *parking, unsigned int rounds)
{
	const bool made = make_ours(parking) && make_others(parking);
	const uint64_t before = opens(parking);
	const bool ok = made && measure_rounds(parking, rounds);
	const uint64_t asked = opens(parking) - before;

	return ok && put(parking, "nspr", "open again to NSPR", OURS, NSPR, rounds, 0.2) &&
	       put(parking, "posix", "open again to shm_open", OURS, POSIX, rounds, 0.2) &&
	       put(parking, "posix-writes", "... with a write to each page", OURS_WRITES,
		       POSIX_WRITES, rounds, 0.1) &&
	       put(parking, "in-turn", "50 names in turn to one", OURS_IN_TURN, OURS, rounds,
		       1.25) &&
	       section_put("asked", "opens that asked the broker", "", (double)asked, 0, "of %u",
		       3 * BATCH * rounds);
}

bool parking_measure(const struct place *place, const struct schedule *schedule)
{
	struct parking *parking = calloc(1, sizeof(*parking));
	bool ok;

	if (!parking)
		return false;
	parking->place = place;
	snprintf(parking->posix_name, sizeof(parking->posix_name), "/prshm-bench-%d-p",
		(int)getpid());
	ok = pr_library_load(&parking->nspr, NSPR_LIBRARY, false) ||
	     section_missing("%s", dlerror());
	ok = ok &&
	     pr_library_start(&parking->ours, place, CONFIGURATION_UNLIMITED, "prshm_status",
		     &parking->status) &&
	     measure_with(parking, schedule->is_quick ? QUICK_ROUNDS : ROUNDS);
	if (parking->nspr.library)
		parking->nspr.unname(place->existing);
	shm_unlink(parking->posix_name);
	daemon_process_stop(&parking->ours.daemon);
	free(parking);
	return ok;
}
