/* SPDX-License-Identifier: MIT */
/*
 * What it takes until a program has its new memory full: create, attach, fill, detach, close and
 * delete, by ours, by NSPR and by POSIX; and reading a lot of it here and there. Each round does it
 * once in every way; ratios are medians of the rounds' own. "the kernel alone" is a memfd that is
 * populated, filled and closed, without any name: nothing with pages of 4 KiB can be faster.
 */
#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/pr-library.h"
#include "bench/section.h"
#include "bench/statistics.h"
#include "include/prerr.h"
#include "include/prshm-client.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define ROUNDS_MAX 201
#define READ_BYTES ((size_t)256 << 20)
#define READS      (1U << 20)

#define POOL       "/proc/sys/vm/nr_hugepages"
#define POOL_PAGES (READ_BYTES / ((size_t)2 << 20) + 8)

#define READS_AT_LEAST 1.3
#define HUGE_AT_LEAST  3.0

enum way { WAY_OURS, WAY_ALWAYS, WAY_HUGE, WAY_NSPR, WAY_POSIX, WAY_KERNEL, WAY_COUNT };

static const char *const series[WAY_COUNT] = {
	"prshm", "prshm, at once", "prshm, huge pages", "NSPR", "shm_open", "the kernel alone"};

static const struct size {
	size_t bytes;
	const char *name;
	unsigned int rounds, quick_rounds;
	double at_least;            /* NSPR's and POSIX's time, as a multiple of ours at once */
	double by_default_at_least; /* ... of ours, if nobody says how; 0: nothing is expected */
} sizes[] = {
	{(size_t)64 << 10, "64 KiB", 201, 41, 1, 0},
	{(size_t)1 << 20, "1 MiB", 101, 21, 2, 0},
	{(size_t)16 << 20, "16 MiB", 21, 5, 2, 2},
	{(size_t)256 << 20, "256 MiB", 5, 0, 2, 0},
};

struct touch {
	const struct place *place;
	struct pr_library ours;
	struct pr_library nspr;
	enum prshm_result (*open)(
		const char *name, const struct prshm_options *options, PRSharedMemory **out);
	char posix_name[32];
	double times[WAY_COUNT][ROUNDS_MAX];
};

static bool fill(const struct pr_library *pr, PRSharedMemory *shm, size_t bytes, const char *name)
{
	void *memory = shm ? pr->attach(shm, 0) : NULL;
	bool ok = memory;

	if (memory) {
		memset(memory, 1, bytes);
		ok = pr->detach(shm, memory) == PR_SUCCESS;
	}
	return shm && pr->close(shm) == PR_SUCCESS && pr->unname(name) == PR_SUCCESS && ok;
}

static PRSharedMemory *open_ours(const struct touch *touch, size_t bytes, unsigned int flags)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE | PRSHM_EXCL | flags,
		.size = bytes,
		.rights = {.mode = 0600},
	};
	PRSharedMemory *shm = NULL;

	return touch->open(touch->place->created, &options, &shm) == PRSHM_OK ? shm : NULL;
}

/* As in pr-library.c: another file may have the key that this one's inode number makes. */
static PRSharedMemory *open_nspr(const struct touch *touch, size_t bytes)
{
	const char *name = touch->place->created;
	const PRIntn flags = PR_SHM_CREATE | PR_SHM_EXCL;
	PRSharedMemory *shm = touch->nspr.open(name, bytes, flags, 0600);

	if (!shm && touch->nspr.get_error() == PR_FILE_EXISTS_ERROR && unlink(name) == 0)
		shm = touch->nspr.open(name, bytes, flags, 0600);
	return shm;
}

static void *map(int fd, size_t bytes)
{
	void *memory = fd >= 0 && ftruncate(fd, (off_t)bytes) == 0
			       ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
			       : MAP_FAILED;

	return memory == MAP_FAILED ? NULL : memory;
}

static bool fill_mapping(int fd, size_t bytes, bool populate)
{
	void *memory = map(fd, bytes);

	if (memory && populate)
		madvise(memory, bytes, MADV_POPULATE_WRITE);
	if (memory) {
		memset(memory, 1, bytes);
		munmap(memory, bytes);
	}
	if (fd >= 0)
		close(fd);
	return memory;
}

static bool run(const struct touch *touch, enum way way, size_t bytes)
{
	static const unsigned int flags[] = {
		[WAY_ALWAYS] = PRSHM_PREALLOCATE, [WAY_HUGE] = PRSHM_HUGE_PAGES};
	const char *name = touch->place->created;
	int fd;

	switch (way) {
	case WAY_OURS:
	case WAY_ALWAYS:
	case WAY_HUGE:
		return fill(&touch->ours, open_ours(touch, bytes, flags[way]), bytes, name);
	case WAY_NSPR:
		return fill(&touch->nspr, open_nspr(touch, bytes), bytes, name);
	case WAY_POSIX:
		fd = shm_open(touch->posix_name, O_CREAT | O_EXCL | O_RDWR, 0600);
		return fill_mapping(fd, bytes, false) && shm_unlink(touch->posix_name) == 0;
	default:
		return fill_mapping(memfd_create("bench", MFD_CLOEXEC), bytes, true);
	}
}

/* The median of the rounds' ratios. */
static double ratio(const struct touch *touch, enum way slow, enum way fast, unsigned int rounds)
{
	double ratios[ROUNDS_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		ratios[i] = touch->times[slow][i] / touch->times[fast][i];
	return quantile(ratios, rounds, 0.5);
}

static bool put_ratio(const struct touch *touch, const struct size *size, unsigned int rounds,
	enum way slow, enum way fast, double at_least)
{
	char key[48];
	char what[64];

	snprintf(key, sizeof(key), "%s %s %s", size->name, series[slow], series[fast]);
	snprintf(what, sizeof(what), "%s: %s to %s", size->name, series[slow], series[fast]);
	return section_put_at_least(key, what, "times", ratio(touch, slow, fast, rounds), at_least,
		"without any broker: %.2f, pages of 4 KiB", ratio(touch, slow, WAY_KERNEL, rounds));
}

static bool put_size(struct touch *touch, const struct size *size, unsigned int rounds)
{
	const bool is_huge = size->bytes >= (size_t)2 << 20;
	bool ok = true;

	for (enum way slow = WAY_NSPR; ok && slow <= WAY_POSIX; slow++)
		ok = put_ratio(touch, size, rounds, slow, WAY_OURS, size->by_default_at_least) &&
		     put_ratio(touch, size, rounds, slow, WAY_ALWAYS, size->at_least) &&
		     (!is_huge || put_ratio(touch, size, rounds, slow, WAY_HUGE, HUGE_AT_LEAST));
	for (enum way way = 0; ok && way < WAY_COUNT; way++) {
		char key[48];
		char what[64];

		snprintf(key, sizeof(key), "%zu/%s", size->bytes, series[way]);
		snprintf(what, sizeof(what), "%s: %s", size->name, series[way]);
		ok = section_put(
			key, what, "us", quantile(touch->times[way], rounds, 0.5), 0, "%s", "");
	}
	return ok;
}

static bool measure_size(struct touch *touch, const struct size *size, unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < WAY_COUNT; i++) {
			const enum way way = (round + i) % WAY_COUNT;
			const double begin = now_us();

			if (measure_interrupted || !run(touch, way, size->bytes))
				return false;
			touch->times[way][round] = now_us() - begin;
		}
	}
	return rounds == 0 || put_size(touch, size, rounds);
}

/* Each depends on the one before: the processor cannot do several at once. */
static double read_about(const unsigned char *memory)
{
	const double begin = now_us();
	size_t at = 1;

	for (unsigned int i = 0; i < READS; i++)
		at = at * 6364136223846793005U + 1442695040888963407U + memory[at >> 36];
	return at == 0 ? NAN : now_us() - begin;
}

static_assert(READ_BYTES == (size_t)1 << (64 - 36), "an index has as many bits");

static bool put_reads(struct touch *touch, const unsigned char *huge, const unsigned char *posix,
	unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		touch->times[WAY_HUGE][i] = read_about(huge);
		touch->times[WAY_POSIX][i] = read_about(posix);
	}
	return section_put_at_least("reads", "reads about 256 MiB: shm_open to huge", "times",
		ratio(touch, WAY_POSIX, WAY_HUGE, rounds), READS_AT_LEAST, "%.1f and %.1f ns each",
		quantile(touch->times[WAY_POSIX], rounds, 0.5) / READS * 1000,
		quantile(touch->times[WAY_HUGE], rounds, 0.5) / READS * 1000);
}

static bool measure_reads(struct touch *touch, unsigned int rounds)
{
	PRSharedMemory *shm = open_ours(touch, READ_BYTES, PRSHM_HUGE_PAGES);
	int fd = shm_open(touch->posix_name, O_CREAT | O_EXCL | O_RDWR, 0600);
	void *huge = shm ? touch->ours.attach(shm, 0) : NULL;
	void *posix = map(fd, READ_BYTES);
	bool ok = huge && posix;

	if (ok) {
		memset(huge, 1, READ_BYTES);
		memset(posix, 1, READ_BYTES);
		ok = put_reads(touch, huge, posix, rounds);
	}
	if (posix)
		munmap(posix, READ_BYTES);
	if (fd >= 0 && close(fd) == 0)
		shm_unlink(touch->posix_name);
	if (huge)
		touch->ours.detach(shm, huge);
	if (shm)
		touch->ours.close(shm);
	return touch->ours.unname(touch->place->created) == PR_SUCCESS && ok;
}

static long read_pool(void)
{
	FILE *file = fopen(POOL, "re");
	long pages = -1;

	if (file && fscanf(file, "%ld", &pages) != 1)
		pages = -1;
	if (file)
		fclose(file);
	return pages;
}

/* As far as we may, and the host has them: else huge pages are what the kernel makes of others. */
static void write_pool(long pages)
{
	FILE *file = fopen(POOL, "we");

	if (file) {
		fprintf(file, "%ld\n", pages);
		fclose(file);
	}
}

static bool measure_all(struct touch *touch, bool is_quick)
{
	const long before = read_pool();
	bool ok = true;

	if (before >= 0 && before < (long)POOL_PAGES)
		write_pool((long)POOL_PAGES);
	for (size_t i = 0; ok && i < sizeof(sizes) / sizeof(*sizes); i++)
		ok = measure_size(
			touch, &sizes[i], is_quick ? sizes[i].quick_rounds : sizes[i].rounds);
	ok = ok && measure_reads(touch, is_quick ? 3 : 7);
	if (before >= 0 && before < (long)POOL_PAGES)
		write_pool(before);
	return ok;
}

/* By the policy that everybody has who has no other. */
bool first_touch_measure(const struct place *place, const struct schedule *schedule)
{
	struct touch *touch = calloc(1, sizeof(*touch));
	bool ok;

	if (!touch)
		return false;
	touch->place = place;
	snprintf(touch->posix_name, sizeof(touch->posix_name), "/prshm-bench-%d-t", (int)getpid());
	ok = pr_library_load(&touch->nspr, NSPR_LIBRARY, false) || section_missing("%s", dlerror());
	ok = ok && pr_library_start(&touch->ours, place, "", "prshm_open", &touch->open) &&
	     measure_all(touch, schedule->is_quick);
	shm_unlink(touch->posix_name); /* there only if it went wrong */
	daemon_process_stop(&touch->ours.daemon);
	free(touch);
	return ok;
}
