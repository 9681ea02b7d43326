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

int place_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0 && sched_getaffinity(0, sizeof(set), &set) == 0) {
		for (unsigned int i = 0; i < CPU_SETSIZE; i++) {
			if (CPU_ISSET(i, &set))
				cpu = (int)i;
		}
	}
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -1;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? cpu : -1;
}

double place_load(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? load : 0;
}
