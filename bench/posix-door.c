/* SPDX-License-Identifier: MIT */
/*
 * What a program that uses shm_open(3) waits for. It knows nothing of prshm: posix-door.sh runs it
 * with the door and without, in turn. One line a measurement: its name, and the median in
 * microseconds. With an argument: the calls that --paths makes dearer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "/prshm-bench-door"
#define KIB  ((size_t)1024)

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void demand(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

static void create_and_fill(size_t size)
{
	const int fd = shm_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600);
	void *bytes;

	demand(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "shm_open");
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	demand(bytes != MAP_FAILED, "mmap");
	memset(bytes, 7, size);
	munmap(bytes, size);
	close(fd);
	shm_unlink(NAME);
}

static void open_and_close(size_t size)
{
	const int fd = shm_open(NAME, O_RDWR, 0);
	struct stat st;
	void *bytes;

	demand(fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size == size, "fstat");
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	demand(bytes != MAP_FAILED, "mmap");
	munmap(bytes, size);
	close(fd);
}

static int foreign, object;

static void foreign_fstat(size_t size)
{
	struct stat st;

	(void)size;
	fstat(foreign, &st);
}

static void foreign_close(size_t size)
{
	(void)size;
	close(dup(foreign));
}

static void foreign_mmap(size_t size)
{
	munmap(mmap(NULL, size, PROT_READ, MAP_SHARED, foreign, 0), size);
}

/* By a path, with --paths. */
static void foreign_stat(size_t size)
{
	struct stat st;

	(void)size;
	stat("/etc/passwd", &st);
}

static void foreign_open(size_t size)
{
	(void)size;
	close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static void object_fstat(size_t size)
{
	struct stat st;

	(void)size;
	fstat(object, &st);
}

static int compare(const void *a, const void *b)
{
	const double one = *(const double *)a;
	const double other = *(const double *)b;

	return (one > other) - (one < other);
}

/* The median of turns, each of that many calls. */
static void measure(const char *what, void (*call)(size_t), size_t size, int turns, int calls)
{
	double *times = calloc((size_t)turns, sizeof(*times));

	demand(times != NULL, "calloc");
	for (int turn = 0; turn < turns; turn++) {
		const double begin = now();

		for (int i = 0; i < calls; i++)
			call(size);
		times[turn] = (now() - begin) / calls;
	}
	qsort(times, (size_t)turns, sizeof(*times), compare);
	printf("%s %.3f\n", what, times[turns / 2]);
	free(times);
}

/* Of an object that another process has, too, so that its size is fixed. */
static void measure_paths(int turns)
{
	object = shm_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600);
	demand(object >= 0 && ftruncate(object, 64 * (off_t)KIB) == 0, "shm_open");
	if (fork() == 0)
		_exit(shm_open(NAME, O_RDWR, 0) < 0);
	wait(NULL);
	measure("paths-object-fstat", object_fstat, 0, turns, 500);
	shm_unlink(NAME);
	measure("paths-foreign-stat", foreign_stat, 0, turns, 500);
	measure("paths-foreign-open", foreign_open, 0, turns, 500);
}

int main(int count, char **arguments)
{
	const int turns = getenv("BENCH_QUICK") ? 20 : 200;
	int fd;

	(void)arguments;
	if (count > 1) {
		measure_paths(turns);
		return 0;
	}
	foreign = open("/proc/self/exe", O_RDONLY);
	measure("create-fill-64k", create_and_fill, 64 * KIB, turns, 10);
	measure("create-fill-16m", create_and_fill, 16 * KIB * KIB, turns / 10, 1);
	fd = shm_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600);
	demand(fd >= 0 && ftruncate(fd, 64 * (off_t)KIB) == 0 && close(fd) == 0, "shm_open");
	measure("open-close", open_and_close, 64 * KIB, turns, 20);
	shm_unlink(NAME);
	measure("foreign-fstat", foreign_fstat, 0, turns, 500);
	measure("foreign-dup-close", foreign_close, 0, turns, 500);
	measure("foreign-mmap-munmap", foreign_mmap, 4096, turns, 200);
	return 0;
}
