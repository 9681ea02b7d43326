/* SPDX-License-Identifier: MIT */
/*
 * One thread waits for a change to make. As long as it makes one that has to wait, another thread
 * is there for the next; all but one end when they have made theirs.
 *
 * A thread that waits in the kernel cannot be killed, and while it has the broker's descriptors, no
 * peer sees that the broker has died. So each thread has a table of descriptors of its own, and
 * gets the memory by a socket.
 */
#include "daemon/patience.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/thread.h"
#include "daemon/core/account.h"

#define NOBODY  UINT64_MAX
#define SPIN_US 50

struct attempt {
	LIST_ENTRY(attempt) in_late; /* patience.late */
	memory_change *change;
	uint64_t value;
	uint64_t payer; /* account::id, or NOBODY */
	ino_t inode;
	int result;
	bool made;
	bool late; /* nobody waits for it any more: the thread frees it */
};

static struct {
	pthread_mutex_t lock; /* for all of this */
	pthread_cond_t made;
	bool waits; /* a thread waits, and no attempt is on its way to it */
	LIST_HEAD(, attempt) late;
	struct timespec late_at;  /* the last time that the event loop has waited in vain */
	bool is_ready;            /* there is the socket that brings attempts */
	int to_thread, from_loop; /* its ends */
} patience = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.late = LIST_HEAD_INITIALIZER(patience.late),
};

/*
 * All but the standard streams and the socket. If the kernel refuses that, the broker ends only
 * after the change.
 */
static void leave_descriptors(void)
{
	const unsigned int kept = (unsigned int)patience.from_loop;

	if (kernel_close_range(kept + 1, ~0U, CLOSE_RANGE_UNSHARE) == 0)
		kernel_close_range(STDERR_FILENO + 1, kept - 1, 0);
}

static int put(struct attempt *attempt, int fd)
{
	struct wire_message message; /* not zeroed: it is large */

	memcpy(message.bytes, &attempt, sizeof(attempt));
	message.length = sizeof(attempt);
	message.fd_count = 1;
	message.fds[0] = fd;
	return wire_send(patience.to_thread, &message, MSG_DONTWAIT);
}

/* *fd: -1 if there is no descriptor free. */
static struct attempt *take_attempt(int *fd)
{
	struct wire_message message;
	struct attempt *attempt;

	while (wire_receive(patience.from_loop, &message, 1, 0) < 0)
		;
	memcpy(&attempt, message.bytes, sizeof(attempt));
	*fd = message.fd_count > 0 ? message.fds[0] : -1;
	return attempt;
}

static void work(void *nothing)
{
	bool goes_on;

	(void)nothing;
	leave_descriptors();
	do {
		int fd;
		struct attempt *attempt = take_attempt(&fd);
		const int result = fd < 0 ? -EMFILE : attempt->change(fd, attempt->value);

		if (fd >= 0)
			close(fd);
		pthread_mutex_lock(&patience.lock);
		attempt->result = result;
		attempt->made = true;
		if (attempt->late) {
			LIST_REMOVE(attempt, in_late);
			free(attempt);
		} else {
			pthread_cond_signal(&patience.made);
		}
		goes_on = !patience.waits;
		patience.waits = true;
		pthread_mutex_unlock(&patience.lock);
	} while (goes_on);
}

/* With the lock. */
static bool has_late(uint64_t inode)
{
	const struct attempt *late;

	LIST_FOREACH(late, &patience.late, in_late)
		if (late->inode == inode)
			return true;
	return false;
}

/* With the lock. */
static bool may_begin(const struct attempt *wanted)
{
	const struct attempt *late;
	int count = 0;

	LIST_FOREACH(late, &patience.late, in_late)
		count += late->payer == wanted->payer;
	return count < PATIENCE_MAX && !has_late(wanted->inode);
}

/* With the lock. */
static int begin(struct attempt *attempt, int fd)
{
	int error;

	if (!patience.waits && !thread_run(work, NULL))
		return -ENOMEM;
	error = put(attempt, fd);
	patience.waits = error < 0;
	/* the kernel has no room, or too many of the broker's descriptors are on their way */
	return error == -EAGAIN || error == -ENOBUFS || error == -ETOOMANYREFS ? -EALREADY : error;
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

void patience_init(void)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&patience.made, &monotonic);
	pthread_condattr_destroy(&monotonic);
	memory_apply = patience_apply;
	memory_waits = patience_waits;
}

/* With the lock. Not before they are needed: where few descriptors may be open, each counts. */
static int make_socket(void)
{
	int ends[2];

	if (patience.is_ready)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	patience.to_thread = ends[0];
	patience.from_loop = ends[1];
	patience.is_ready = true;
	return 0;
}

static int make(struct attempt *attempt, int fd)
{
	int error;

	if (!may_begin(attempt))
		return -EALREADY;
	error = make_socket();
	if (error == 0)
		error = begin(attempt, fd);
	if (error < 0)
		return error;
	if (await(attempt))
		return attempt->result;
	attempt->late = true;
	LIST_INSERT_HEAD(&patience.late, attempt, in_late);
	return -EINPROGRESS;
}

int patience_apply(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
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
	};
	pthread_mutex_lock(&patience.lock);
	result = make(attempt, fd);
	if (!attempt->late)
		free(attempt);
	pthread_mutex_unlock(&patience.lock);
	return result;
}

bool patience_waits(uint64_t inode)
{
	bool waits;

	pthread_mutex_lock(&patience.lock);
	waits = has_late(inode);
	pthread_mutex_unlock(&patience.lock);
	return waits;
}
