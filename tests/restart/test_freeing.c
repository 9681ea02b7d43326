/* SPDX-License-Identifier: MIT */
/*
 * The kernel frees a big segment inside the last close of its memory, which may be the broker's or
 * the keeper's. In both a thread does that, so the event loop goes on: the processor's time tells
 * who did it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reaper.h"
#include "tests/lib/await.h"
#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"
#include "tests/restart/restart-case.h"

#define BIG (UINT64_C(256) << 20) /* bytes, which take some ten milliseconds */

struct times { /* nanoseconds of the processor */
	uint64_t loops;
	uint64_t others;
};

static void add_thread(const char *process, const char *thread, bool is_loop, struct times *times)
{
	unsigned long long time = 0;
	char path[600];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/schedstat", process, thread);
	file = fopen(path, "re");
	if (!file) /* the thread has ended */
		return;
	if (fscanf(file, "%llu", &time) == 1)
		*(is_loop ? &times->loops : &times->others) += time;
	fclose(file);
}

static void add_times(pid_t pid, struct times *times)
{
	const struct dirent *entry;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	ck_assert_ptr_nonnull(threads);
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] != '.')
			add_thread(path, entry->d_name, atoi(entry->d_name) == pid, times);
	}
	closedir(threads);
}

/* What they have needed since then. */
static struct times times_since(const pid_t pids[2], const struct times *then)
{
	struct times now = {0};

	for (size_t i = 0; i < 2 && pids[i] > 0; i++)
		add_times(pids[i], &now);
	now.loops -= then->loops;
	now.others -= then->others;
	return now;
}

static bool is_freed_by_threads(const pid_t pids[2], const struct times *then)
{
	const struct times spent = times_since(pids, then);

	return spent.others > 1000000 && spent.others > 4 * spent.loops;
}

/* With all pages found. The handle. */
static uint32_t make(int connection, const char *name, uint64_t bytes)
{
	struct wire_opened opened;
	int fd;

	ck_assert_int_eq(
		exchange_open(connection, name, WIRE_OPEN_CREATE, bytes, 0600, &opened, &fd),
		STATUS_OK);
	ck_assert_int_eq(fallocate(fd, 0, 0, (off_t)bytes), 0);
	close(fd);
	return opened.handle;
}

/* Afterwards nobody but broker and keeper has it, and they free it. */
static void delete (int connection, const char *name, uint32_t handle)
{
	ck_assert_int_eq(exchange_delete(connection, name), STATUS_OK);
	exchange_close(connection, handle);
	ck_assert_int_eq(exchange_stat(connection, name, NULL), STATUS_NOT_FOUND);
}

static size_t count_threads(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return stat(path, &st) == 0 ? st.st_nlink : 0;
}

/* The first one starts the threads, which takes long where ThreadSanitizer has to learn of them. */
static void start_threads(int connection, const pid_t pids[2])
{
	size_t before[2] = {0};

	for (size_t i = 0; i < 2 && pids[i] > 0; i++)
		before[i] = count_threads(pids[i]);
	delete (connection, "/first", make(connection, "/first", REAPER_BYTES));
	for (size_t i = 0; i < 2 && pids[i] > 0; i++)
		AWAIT(count_threads(pids[i]) > before[i]);
}

static void free_big(int connection, const pid_t pids[2])
{
	const struct times none = {0};
	struct times before;
	uint32_t handle;

	start_threads(connection, pids);
	handle = make(connection, "/big", BIG);
	before = times_since(pids, &none);
	delete (connection, "/big", handle);
	AWAIT(is_freed_by_threads(pids, &before));
}

FIXTURES(&place_alone);

TEST(broker_and_keeper_free_a_big_segment_in_threads)
{
	const pid_t pids[2] = {broker_pid(), keeper_pid()};
	const int connection = place_connect();

	free_big(connection, pids);
	close(connection);
	ck_assert_int_eq(keeper_pid(), pids[1]);
}

TEST(a_broker_without_a_keeper_does_so_too)
{
	struct broker_process broker;
	int connection;

	broker_process_start(&broker, NULL);
	connection = broker_process_connect(&broker);
	free_big(connection, (const pid_t[2]){broker.pid, 0});
	close(connection);
	broker_process_stop(&broker);
}
