/* SPDX-License-Identifier: MIT */
/*
 * What to put into shared memory so that processes agree. prshm-sync(7) explains it; each part may
 * be copied by itself.
 *
 *	sync add N           adds 1 under a mutex, N times
 *	sync wait TOTAL      waits with a condition until that many were added
 *	sync die             takes the mutex, changes half of what belongs together, and is killed
 *	sync send N          sends the numbers from 1 to N by a ring
 *	sync receive N       receives N numbers, and prints their sum
 *
 *	cc -o sync sync.c $(pkg-config --cflags --libs prshm-client)
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <prerror.h>
#include <prshm-client.h>

#define NAME          "/prshm-sync"
#define LAYOUT        1   /* another number with each change of struct shared */
#define SLOTS         256 /* a power of two */
#define START_SECONDS 10

/* head and tail only grow. They have cache lines of their own: each is written by one process. */
struct ring {
	_Alignas(64) _Atomic uint32_t head; /* written by the sender */
	_Alignas(64) _Atomic uint32_t tail; /* written by the receiver */
	_Alignas(64) uint64_t slots[SLOTS];
};

struct shared {
	_Atomic uint32_t ready; /* 0: the creator is not done, as in all new memory; then LAYOUT */
	pthread_mutex_t lock;   /* for the three below */
	pthread_cond_t added;
	uint64_t total;
	uint64_t twice; /* always twice the total, but while the lock is held */
	struct ring ring;
};

static void fail(const char *what, int error)
{
	fprintf(stderr, "sync: %s: %s\n", what, strerror(error));
	exit(1);
}

static void check(const char *what, int error)
{
	if (error != 0)
		fail(what, error);
}

/*
 * Sleeps while *word is value, at most that many seconds. Not FUTEX_WAIT_PRIVATE: other processes
 * wake. It may also return without a reason, so the caller looks again.
 */
static void futex_wait(_Atomic uint32_t *word, uint32_t value, time_t seconds)
{
	const struct timespec timeout = {.tv_sec = seconds};

	syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* The memory is all zeros, and nobody else touches more than ready before that is set. */
static void initialise(struct shared *shared)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;

	check("mutex", pthread_mutexattr_init(&mutex));
	check("mutex", pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED));
	check("mutex", pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST));
	check("mutex", pthread_mutex_init(&shared->lock, &mutex));
	pthread_mutexattr_destroy(&mutex);
	check("condition", pthread_condattr_init(&condition));
	check("condition", pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED));
	check("condition", pthread_condattr_setclock(&condition, CLOCK_MONOTONIC));
	check("condition", pthread_cond_init(&shared->added, &condition));
	pthread_condattr_destroy(&condition);
	atomic_store_explicit(&shared->ready, LAYOUT, memory_order_release);
	futex_wake(&shared->ready);
}

/* False: the creator has died before it was done, or has another layout. */
static bool wait_until_ready(struct shared *shared)
{
	const time_t end = time(NULL) + START_SECONDS;
	uint32_t ready;

	while ((ready = atomic_load_explicit(&shared->ready, memory_order_acquire)) == 0) {
		if (time(NULL) >= end)
			return false;
		futex_wait(&shared->ready, 0, 1);
	}
	return ready == LAYOUT;
}

/*
 * Exactly one process creates, by PRSHM_EXCL, and initialises. The linger keeps the segment while
 * the processes of a shell script follow each other.
 */
static PRSharedMemory *open_or_create(bool *is_new)
{
	struct prshm_options options = {
		.size = sizeof(struct shared),
		.rights.mode = 0600,
		.lifetime = PRSHM_UNTIL_UNUSED,
		.linger = 60,
	};
	enum prshm_result result;
	PRSharedMemory *handle;

	do {
		options.flags = PRSHM_CREATE | PRSHM_EXCL;
		result = prshm_open(NAME, &options, &handle);
		*is_new = result == PRSHM_OK;
		options.flags = 0;
		if (result == PRSHM_EXISTS)
			result = prshm_open(NAME, &options, &handle);
	} while (result == PRSHM_NOT_FOUND); /* it went between the two calls */
	if (result == PRSHM_OK)
		return handle;
	fprintf(stderr, "sync: %s: %s\n", NAME, prshm_strerror(result));
	exit(1);
}

static struct shared *open_shared(void)
{
	bool is_new;
	PRSharedMemory *handle = open_or_create(&is_new);
	struct shared *shared = PR_AttachSharedMemory(handle, 0);

	if (!shared)
		fail("PR_AttachSharedMemory", PR_GetOSError());
	if (is_new)
		initialise(shared);
	else if (!wait_until_ready(shared)) {
		/* Free the name, so that the next start makes a segment anew. */
		prshm_delete(NAME);
		fputs("sync: whoever made the segment has not initialised it; it is removed\n",
			stderr);
		exit(1);
	}
	return shared;
}

/*
 * EOWNERDEAD: the owner of the lock has died, and this process owns it now. What the lock protects
 * may be half changed: it is mended first, and only then declared consistent.
 */
static void lock(struct shared *shared)
{
	const int error = pthread_mutex_lock(&shared->lock);

	if (error != EOWNERDEAD) {
		check("lock", error);
		return;
	}
	fputs("sync: the owner of the lock has died; mended\n", stderr);
	shared->twice = 2 * shared->total;
	check("consistent", pthread_mutex_consistent(&shared->lock));
}

static void add(struct shared *shared, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		lock(shared);
		shared->total++;
		shared->twice += 2;
		pthread_cond_broadcast(&shared->added);
		check("unlock", pthread_mutex_unlock(&shared->lock));
	}
}

/*
 * A wait with an end: a condition is not robust, and one who dies while it is woken may lose a
 * wake-up.
 */
static void wait_for(struct shared *shared, uint64_t total)
{
	lock(shared);
	while (shared->total < total) {
		struct timespec until;
		int error;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		error = pthread_cond_timedwait(&shared->added, &shared->lock, &until);
		if (error == EOWNERDEAD) {
			shared->twice = 2 * shared->total;
			error = pthread_mutex_consistent(&shared->lock);
		}
		check("wait", error == ETIMEDOUT ? 0 : error);
	}
	printf("total %ju, twice %ju\n", (uintmax_t)shared->total, (uintmax_t)shared->twice);
	check("unlock", pthread_mutex_unlock(&shared->lock));
}

static void die(struct shared *shared)
{
	lock(shared);
	shared->total++; /* and not yet twice */
	raise(SIGKILL);
}

/*
 * One sender and one receiver, without a lock. release makes the slot visible before the head that
 * tells of it; acquire reads the head before the slot. For the way back, head and tail change
 * places.
 */
static void send_number(struct ring *ring, uint64_t number)
{
	const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint32_t tail;

	while (head - (tail = atomic_load_explicit(&ring->tail, memory_order_acquire)) == SLOTS)
		futex_wait(&ring->tail, tail, 1);
	ring->slots[head % SLOTS] = number;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	futex_wake(&ring->head);
}

static uint64_t receive_number(struct ring *ring)
{
	const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint64_t number;

	while (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
		futex_wait(&ring->head, tail, 1);
	number = ring->slots[tail % SLOTS];
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	futex_wake(&ring->tail);
	return number;
}

static void receive(struct ring *ring, uint64_t count)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < count; i++)
		sum += receive_number(ring);
	printf("sum %ju\n", (uintmax_t)sum);
}

static int usage(void)
{
	fputs("Usage: sync add N | wait TOTAL | die | send N | receive N\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	const uint64_t number = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	struct shared *shared;

	if (argc != 3 && strcmp(command, "die") != 0)
		return usage();
	shared = open_shared();
	if (strcmp(command, "add") == 0)
		add(shared, number);
	else if (strcmp(command, "wait") == 0)
		wait_for(shared, number);
	else if (strcmp(command, "die") == 0)
		die(shared);
	else if (strcmp(command, "receive") == 0)
		receive(&shared->ring, number);
	else if (strcmp(command, "send") == 0)
		for (uint64_t i = 1; i <= number; i++)
			send_number(&shared->ring, i);
	else
		return usage();
	return fflush(stdout) == 0 ? 0 : 1;
}
