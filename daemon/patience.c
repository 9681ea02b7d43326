/* SPDX-License-Identifier: MIT */
/*
 * One thread waits for a change to make. As long as it makes one that has to wait, another thread
 * is there for the next; all but one end when they have made theirs.
 */
#include "daemon/patience.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "daemon/core/account.h"

#define NOBODY  UINT64_MAX
#define SPIN_US 50

struct attempt {
	STAILQ_ENTRY(attempt) in_queue; /* patience.queue, until a thread takes it */
	LIST_ENTRY(attempt) in_late;    /* patience.late */
	memory_change *change;
	uint64_t value;
	uint64_t payer; /* account::id, or NOBODY */
	ino_t inode;
	int fd; /* a duplicate, of the thread's */
	int result;
	bool made;
	bool late; /* nobody waits for it any more: the thread frees it */
};

static struct {
	pthread_mutex_t lock; /* for all of this */
	pthread_cond_t filled;
	pthread_cond_t made;
	STAILQ_HEAD(, attempt) queue;
	bool waits; /* a thread waits for the queue to be filled */
	LIST_HEAD(, attempt) late;
	struct timespec late_at; /* the last time that the event loop has waited in vain */
} patience = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
	.queue = STAILQ_HEAD_INITIALIZER(patience.queue),
	.late = LIST_HEAD_INITIALIZER(patience.late),
};

/* With the lock. NULL: there is none, and another thread waits already. */
static struct attempt *await_next(void)
{
	struct attempt *attempt;

	if (STAILQ_EMPTY(&patience.queue) && patience.waits)
		return NULL;
	while (STAILQ_EMPTY(&patience.queue)) {
		patience.waits = true;
		pthread_cond_wait(&patience.filled, &patience.lock);
		patience.waits = false;
	}
	attempt = STAILQ_FIRST(&patience.queue);
	STAILQ_REMOVE_HEAD(&patience.queue, in_queue);
	return attempt;
}

static void work(void *nothing)
{
	struct attempt *attempt;

	(void)nothing;
	pthread_mutex_lock(&patience.lock);
	while ((attempt = await_next())) {
		int result;

		pthread_mutex_unlock(&patience.lock);
		result = attempt->change(attempt->fd, attempt->value);
		close(attempt->fd);
		pthread_mutex_lock(&patience.lock);
		attempt->result = result;
		attempt->made = true;
		if (attempt->late) {
			LIST_REMOVE(attempt, in_late);
			free(attempt);
		} else {
			pthread_cond_signal(&patience.made);
		}
	}
	pthread_mutex_unlock(&patience.lock);
}

/* With the lock. */
static bool may_begin(const struct attempt *wanted)
{
	const struct attempt *late;
	int count = 0;

	LIST_FOREACH(late, &patience.late, in_late) {
		count += late->payer == wanted->payer;
		if (late->inode == wanted->inode)
			return false;
	}
	return count < PATIENCE_MAX;
}

/* With the lock. False: there is no thread to be had. */
static bool begin(struct attempt *attempt)
{
	/* The thread that waits takes what is queued already. */
	const bool is_awaited = patience.waits && STAILQ_EMPTY(&patience.queue);

	if (!is_awaited && !thread_run(work, NULL))
		return false;
	STAILQ_INSERT_TAIL(&patience.queue, attempt, in_queue);
	if (is_awaited)
		pthread_cond_signal(&patience.filled);
	return true;
}

static int64_t microseconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * INT64_C(1000000) +
	       (now.tv_nsec - begin->tv_nsec) / 1000;
}

/* With the lock. Whether it was made in time. */
static bool await(const struct attempt *attempt)
{
	struct timespec begin;
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	end = begin;
	end.tv_nsec += PATIENCE_US * 1000L;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	/* Mostly it is made before this thread would have slept and been woken again. */
	while (!attempt->made && microseconds_since(&begin) < SPIN_US) {
		pthread_mutex_unlock(&patience.lock);
		sched_yield();
		pthread_mutex_lock(&patience.lock);
	}
	if (!attempt->made && microseconds_since(&patience.late_at) < PATIENCE_EACH_US)
		return false;
	while (!attempt->made &&
		pthread_cond_timedwait(&patience.made, &patience.lock, &end) != ETIMEDOUT)
		;
	if (!attempt->made)
		clock_gettime(CLOCK_MONOTONIC, &patience.late_at);
	return attempt->made;
}

static void init(void)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&patience.made, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static int make(struct attempt *attempt)
{
	if (!may_begin(attempt))
		return -EINPROGRESS;
	attempt->fd = fcntl(attempt->fd, F_DUPFD_CLOEXEC, 0);
	if (attempt->fd < 0)
		return -errno;
	if (!begin(attempt)) {
		close(attempt->fd);
		return -ENOMEM;
	}
	if (await(attempt))
		return attempt->result;
	attempt->late = true;
	LIST_INSERT_HEAD(&patience.late, attempt, in_late);
	return -EINPROGRESS;
}

int patience_apply(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct attempt *attempt;
	struct stat st;
	int result;

	if (fstat(fd, &st) < 0)
		return -errno;
	attempt = malloc(sizeof(*attempt));
	if (!attempt)
		return -ENOMEM;
	*attempt = (struct attempt){
		.change = change,
		.value = value,
		.payer = payer ? payer->id : NOBODY,
		.inode = st.st_ino,
		.fd = fd,
	};
	pthread_once(&once, init);
	pthread_mutex_lock(&patience.lock);
	result = make(attempt);
	if (!attempt->late)
		free(attempt);
	pthread_mutex_unlock(&patience.lock);
	return result;
}
