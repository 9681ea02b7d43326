/* SPDX-License-Identifier: MIT */
/*
 * Workers make the changes. As long as one makes a change that has to wait, another is there for
 * the next.
 *
 * A worker is a process: what waits in the kernel cannot be killed, and a broker with such a thread
 * could not end, nor be started again. So it has none of the broker's descriptors, either, by which
 * a peer could take it for the broker, and gets the memory by a socket.
 */
#include "daemon/patience.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel.h"
#include "daemon/core/account.h"

#define NOBODY  UINT64_MAX
#define SPIN_US 50
#define LOOK_US 2000
/* More end when they have made their change. To start one takes longer than most changes. */
#define IDLE_MAX 32

struct worker {
	LIST_ENTRY(worker) in_list; /* of patience */
	pid_t pid;
	int link;       /* to it goes a struct order with the memory; from it comes the result */
	uint64_t payer; /* of the change that it makes: account::id, or NOBODY */
	ino_t inode;
};

struct order {
	memory_change *change; /* where the worker has it, too: it is a copy of this process */
	uint64_t value;
};

LIST_HEAD(workers, worker);

static struct {
	struct workers idle;
	struct workers late; /* nobody waits for their results any more */
	unsigned int idle_count;
	void *heap;              /* where its end was before the broker had any state */
	struct timespec late_at; /* the last time that the event loop has waited in vain */
	struct timespec looked_at;
} patience = {
	.idle = LIST_HEAD_INITIALIZER(patience.idle),
	.late = LIST_HEAD_INITIALIZER(patience.late),
};

/* False: the broker has gone. */
static bool take_order(int link, struct order *order, int *fd)
{
	struct wire_message message;

	if (wire_receive(link, &message, 1, 0) < 0)
		return false;
	memcpy(order, message.bytes, sizeof(*order));
	*fd = message.fd_count > 0 ? message.fds[0] : -1; /* -1: it may have no other open */
	return true;
}

/* A sandbox may refuse close_range(2). */
static void close_all_but(int link)
{
	const int end = (int)sysconf(_SC_OPEN_MAX);

	if (kernel_close_range((unsigned int)link + 1, ~0U, 0) == 0 &&
		(link == 0 || kernel_close_range(0, (unsigned int)link - 1, 0) == 0))
		return;
	for (int fd = 0; fd < end; fd++)
		if (fd != link)
			close(fd);
}

/*
 * In the worker, a copy of a process with threads: signal-safety(7) lists what may be called. There
 * is no memory of malloc(3).
 */
__attribute__((noreturn)) static void work(int link)
{
	struct order order;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "prshmd-worker");
	brk(patience.heap); /* or it would keep what the broker frees or changes meanwhile */
	close_all_but(link);
	while (take_order(link, &order, &fd)) {
		const int result = fd < 0 ? -EMFILE : order.change(fd, order.value);

		if (fd >= 0)
			close(fd);
		if (send(link, &result, sizeof(result), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* Signals are for the broker. What fork(2) says. */
static pid_t start(int link)
{
	sigset_t all;
	sigset_t before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		work(link);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* A worker that runs sees the end of its socket. */
static void worker_free(struct worker *worker)
{
	close(worker->link);
	free(worker);
}

/* NULL, with errno. */
static struct worker *worker_new(void)
{
	struct worker *worker = malloc(sizeof(*worker));
	int ends[2];

	if (!worker)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		free(worker);
		return NULL;
	}
	*worker = (struct worker){.pid = start(ends[1]), .link = ends[0]};
	close(ends[1]);
	if (worker->pid > 0)
		return worker;
	worker_free(worker);
	return NULL;
}

/* Of a worker that has made its change. */
static void rest(struct worker *worker)
{
	if (patience.idle_count >= IDLE_MAX) {
		worker_free(worker);
		return;
	}
	LIST_INSERT_HEAD(&patience.idle, worker, in_list);
	patience.idle_count++;
}

static int put(const struct worker *worker, const struct order *order, int fd)
{
	struct wire_message message; /* not zeroed: it is large */

	memcpy(message.bytes, order, sizeof(*order));
	message.length = sizeof(*order);
	message.fd_count = 1;
	message.fds[0] = fd;
	return wire_send(worker->link, &message, MSG_DONTWAIT);
}

/* What take_result returns besides the result of the change, which is 0 or a negative errno. */
enum { NOT_YET = 1, DIED };

static int take_result(const struct worker *worker)
{
	int result;
	const ssize_t length = recv(worker->link, &result, sizeof(result), MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return NOT_YET;
	return length == sizeof(result) ? result : DIED;
}

static int64_t microseconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * INT64_C(1000000) +
	       (now.tv_nsec - begin->tv_nsec) / 1000;
}

/*
 * Each look costs a system call a worker, and each of some hundred segments that a client has asked
 * about may ask for one: not more often than LOOK_US.
 */
static void look_at_late(void)
{
	struct worker *worker = LIST_FIRST(&patience.late);

	if (!worker || microseconds_since(&patience.looked_at) < LOOK_US)
		return;
	clock_gettime(CLOCK_MONOTONIC, &patience.looked_at);
	while (worker) {
		struct worker *next = LIST_NEXT(worker, in_list);
		const int result = take_result(worker);

		if (result != NOT_YET)
			LIST_REMOVE(worker, in_list);
		if (result == DIED)
			worker_free(worker);
		else if (result != NOT_YET)
			rest(worker);
		worker = next;
	}
}

static bool has_late(uint64_t inode)
{
	const struct worker *late;

	LIST_FOREACH(late, &patience.late, in_list)
		if (late->inode == inode)
			return true;
	return false;
}

static bool may_begin(uint64_t payer, uint64_t inode)
{
	const struct worker *late;
	int of_payer = 0;
	int of_all = 0;

	LIST_FOREACH(late, &patience.late, in_list) {
		of_payer += late->payer == payer;
		of_all++;
	}
	return of_payer < (of_all < PATIENCE_ALL ? PATIENCE_MAX : 1) && !has_late(inode);
}

static int await_result(const struct worker *worker)
{
	struct pollfd poller = {.fd = worker->link, .events = POLLIN};
	struct timespec begin;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	/* Mostly it comes before this process would have slept and been woken again. */
	while ((result = take_result(worker)) == NOT_YET && microseconds_since(&begin) < SPIN_US)
		sched_yield();
	if (result != NOT_YET || microseconds_since(&patience.late_at) < PATIENCE_EACH_US)
		return result;
	poll(&poller, 1, PATIENCE_MS);
	result = take_result(worker);
	if (result == NOT_YET)
		clock_gettime(CLOCK_MONOTONIC, &patience.late_at);
	return result;
}

/* NULL: there is none. */
static struct worker *take_idle(void)
{
	struct worker *worker;

	while ((worker = LIST_FIRST(&patience.idle))) {
		LIST_REMOVE(worker, in_list);
		patience.idle_count--;
		if (take_result(worker) == NOT_YET)
			return worker;
		worker_free(worker); /* somebody has killed it */
	}
	return NULL;
}

/*
 * Whether the order may go later: the kernel has no room, or too many of the broker's descriptors
 * are on their way; or to another worker, as somebody has killed this one.
 */
static bool may_go_later(int error)
{
	return error == -EAGAIN || error == -ENOBUFS || error == -ETOOMANYREFS || error == -EPIPE ||
	       error == -ECONNRESET;
}

static int make(struct worker *worker, const struct order *order, int fd)
{
	int result = put(worker, order, fd);

	if (result < 0) {
		rest(worker);
		return may_go_later(result) ? -EALREADY : result;
	}
	result = await_result(worker);
	if (result == NOT_YET) {
		LIST_INSERT_HEAD(&patience.late, worker, in_list);
		return -EINPROGRESS;
	}
	if (result == DIED) {
		worker_free(worker);
		return -EALREADY;
	}
	rest(worker);
	return result;
}

int patience_apply(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	const struct order order = {.change = change, .value = value};
	const uint64_t id = payer ? payer->id : NOBODY;
	struct worker *worker;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	look_at_late();
	if (!may_begin(id, st.st_ino))
		return -EALREADY;
	worker = take_idle();
	if (!worker)
		worker = worker_new();
	if (!worker)
		return errno == EAGAIN ? -ENOMEM : -errno; /* of fork(2) */
	worker->payer = id;
	worker->inode = st.st_ino;
	return make(worker, &order, fd);
}

bool patience_waits(uint64_t inode)
{
	look_at_late();
	return has_late(inode);
}

void patience_init(void)
{
	signal(SIGCHLD, SIG_IGN); /* a worker that ends leaves no zombie */
	patience.heap = sbrk(0);
	memory_apply = patience_apply;
	memory_waits = patience_waits;
}

/* Also if one was stopped. SIGCHLD is ignored: waitpid(2) tells only that the process has gone. */
void patience_end(void)
{
	struct worker *worker;

	while ((worker = take_idle())) {
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, 0);
		worker_free(worker);
	}
}
