/* SPDX-License-Identifier: MIT */
/*
 * A queue of descriptors, and one thread that closes them. The thread never ends: the kernel closes
 * all that is queued when the process ends.
 */
#include "base/reaper.h"

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"

struct doomed {
	STAILQ_ENTRY(doomed) in_queue; /* reaper.queue */
	int fd;
};

static struct {
	pthread_mutex_t lock; /* for all of this */
	pthread_cond_t filled;
	STAILQ_HEAD(, doomed) queue;
	size_t length;
	size_t length_max; /* a queued descriptor still counts for RLIMIT_NOFILE */
	bool started;      /* the thread runs */
} reaper = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
	.queue = STAILQ_HEAD_INITIALIZER(reaper.queue),
};

static struct doomed *await_doomed(void)
{
	struct doomed *doomed;

	pthread_mutex_lock(&reaper.lock);
	while (STAILQ_EMPTY(&reaper.queue))
		pthread_cond_wait(&reaper.filled, &reaper.lock);
	doomed = STAILQ_FIRST(&reaper.queue);
	STAILQ_REMOVE_HEAD(&reaper.queue, in_queue);
	reaper.length--;
	pthread_mutex_unlock(&reaper.lock);
	return doomed;
}

static _Noreturn void reap(void *nothing)
{
	(void)nothing;
	for (;;) {
		struct doomed *doomed = await_doomed();

		close(doomed->fd);
		free(doomed);
	}
}

static bool start(void)
{
	struct rlimit limit = {.rlim_cur = 1024};

	if (reaper.started)
		return true;
	getrlimit(RLIMIT_NOFILE, &limit);
	reaper.length_max = (size_t)limit.rlim_cur / REAPER_SHARE;
	reaper.started = thread_run(reap, NULL);
	return reaper.started;
}

static off_t bytes_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

static bool enqueue(struct doomed *doomed, bool is_huge)
{
	bool has_room;

	pthread_mutex_lock(&reaper.lock);
	has_room = start() && (is_huge || reaper.length < reaper.length_max);
	if (has_room) {
		STAILQ_INSERT_TAIL(&reaper.queue, doomed, in_queue);
		reaper.length++;
		pthread_cond_signal(&reaper.filled);
	}
	pthread_mutex_unlock(&reaper.lock);
	return has_room;
}

void reaper_close(int fd)
{
	const off_t bytes = bytes_of(fd);
	struct doomed *doomed = bytes >= REAPER_BYTES ? malloc(sizeof(*doomed)) : NULL;

	if (doomed)
		doomed->fd = fd;
	if (doomed && enqueue(doomed, bytes >= REAPER_HUGE))
		return;
	free(doomed);
	close(fd);
}
