/* SPDX-License-Identifier: MIT */
/* Where a run takes place. */
#include "bench/place.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* On tmpfs where there is one, which is NSPR's best case: it makes a file for each segment. */
bool place_init(struct place *place)
{
	static const char *const parents[] = {"/dev/shm", "/tmp"};

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		snprintf(place->directory, sizeof(place->directory), "%s/prshm-bench.XXXXXX",
			parents[i]);
		if (!mkdtemp(place->directory))
			continue;
		/* Other users come to the broker's socket in it; they cannot list it. */
		chmod(place->directory, 0711);
		snprintf(
			place->existing, sizeof(place->existing), "%s/segment-a", place->directory);
		snprintf(place->created, sizeof(place->created), "%s/segment-b", place->directory);
		return true;
	}
	fprintf(stderr, "bench: no directory for its files: %s\n", strerror(errno));
	return false;
}

/* NSPR leaves its file where a run was cut short. */
void place_deinit(const struct place *place)
{
	unlink(place->existing);
	unlink(place->created);
	rmdir(place->directory);
}

/* The last that we may run on and that is not this one (-1: none), or -1. */
static int choose(int not_this)
{
	cpu_set_t set;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -1;
	for (unsigned int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set) && (int)i != not_this)
			cpu = (int)i;
	}
	return cpu;
}

int place_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		cpu = choose(-1);
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -1;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? cpu : -1;
}

bool place_choose_cpus(struct place *place)
{
	if (place->cpu < 0)
		place->cpu = choose(-1);
	if (place->other_cpu < 0)
		place->other_cpu = choose(place->cpu);
	if (place->other_cpu == place->cpu)
		place->other_cpu = -1;
	place->server_cpu = place->cpu;
	/* The other first: where we then stay is where we are to be. */
	if (place->other_cpu >= 0 && place_pin(place->other_cpu) < 0) {
		fprintf(stderr, "bench: cannot run on CPU %d: %s\n", place->other_cpu,
			strerror(errno));
		return false;
	}
	if (place_pin(place->cpu) < 0) {
		fprintf(stderr, "bench: cannot run on CPU %d: %s\n", place->cpu, strerror(errno));
		return false;
	}
	return true;
}

double place_load(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? load : 0;
}
