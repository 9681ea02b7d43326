/* SPDX-License-Identifier: MIT */
/* The locks of the library, and copies of the process. */
#include "client-lib/guard.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct guard *all;

static int cancel_state_of_fork; /* of the thread that forks */

/*
 * The process that the library's state belongs to: own_mark(), or minus that while it renews. In a
 * page that the kernel clears in copies; where that cannot be had, in ordinary memory.
 */
static atomic_int in_memory;
static atomic_int *owner = &in_memory;
static bool is_cleared_in_copies;

static int own_mark(void)
{
	return is_cleared_in_copies ? 1 : (int)getpid();
}

/*
 * The advice -1 does not exist: a kernel or an emulator that accepts it ignores MADV_WIPEONFORK
 * too.
 */
static bool is_obeyed(void *page, size_t size)
{
	return madvise(page, size, MADV_WIPEONFORK) == 0 && madvise(page, size, -1) != 0;
}

static void get_page(void)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED && is_obeyed(page, size)) {
		owner = page;
		is_cleared_in_copies = true;
	} else if (page != MAP_FAILED) {
		munmap(page, size);
	}
}

/* In the copy nobody else can hold the lock: the thread that held it does not exist here. */
static void renew(struct guard *guard)
{
	const bool broken = pthread_mutex_trylock(&guard->lock) != 0;

	guard->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	if (guard->renew)
		guard->renew(broken);
}

/*
 * A copy may have several threads by the time it is noticed: one of them renews, the others wait.
 * That does not take long: nothing below asks the broker. A copy of a process that just renews
 * finds no mark, or the mark of another process, and renews again.
 */
static void become_owner(int mark)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int known = atomic_load(owner);
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (known != mark) {
		if (known == -mark) {
			nanosleep(&pause, NULL);
			known = atomic_load(owner);
		} else if (atomic_compare_exchange_strong(owner, &known, -mark)) {
			for (struct guard *guard = all; guard; guard = guard->next)
				renew(guard);
			atomic_store(owner, mark);
			known = mark;
		}
	}
	pthread_setcancelstate(state, NULL);
}

void guard_notice_copy(void)
{
	const int mark = own_mark();

	if (atomic_load_explicit(owner, memory_order_acquire) != mark)
		become_owner(mark);
}

static void before_fork(void)
{
	int state;

	guard_notice_copy();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	for (struct guard *guard = all; guard; guard = guard->next)
		pthread_mutex_lock(&guard->lock);
	cancel_state_of_fork = state;
}

static void after_fork(void)
{
	const int state = cancel_state_of_fork;

	for (struct guard *guard = all; guard; guard = guard->next)
		pthread_mutex_unlock(&guard->lock);
	pthread_setcancelstate(state, NULL);
}

static void in_child(void)
{
	for (struct guard *guard = all; guard; guard = guard->next) {
		if (guard->renew)
			guard->renew(false);
	}
	atomic_store(owner, own_mark());
	after_fork();
}

/* Before the constructors of other files, which may lock guards. */
__attribute__((constructor(101))) static void begin(void)
{
	get_page();
	atomic_store(owner, own_mark());
	pthread_atfork(before_fork, after_fork, in_child);
}

void guard_register(struct guard *guard)
{
	guard->next = all;
	all = guard;
}

/* The last one that a fork locks. */
void guard_register_inner(struct guard *guard)
{
	struct guard **last = &all;

	while (*last)
		last = &(*last)->next;
	*last = guard;
}

/* No cancellation while the lock is held: a cancelled holder would never unlock. */
void guard_lock(struct guard *guard)
{
	int state;

	guard_notice_copy();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_mutex_lock(&guard->lock);
	guard->cancel_state = state;
}

bool guard_try_lock(struct guard *guard)
{
	int state;

	guard_notice_copy();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (pthread_mutex_trylock(&guard->lock) != 0) {
		pthread_setcancelstate(state, NULL);
		return false;
	}
	guard->cancel_state = state;
	return true;
}

void guard_unlock(struct guard *guard)
{
	const int state = guard->cancel_state;

	pthread_mutex_unlock(&guard->lock);
	pthread_setcancelstate(state, NULL);
}
