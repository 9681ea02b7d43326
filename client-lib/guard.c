/* SPDX-License-Identifier: MIT */
/* The locks of the library, and copies of the process. */
#include "client-lib/guard.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The linker names both ends of the list of GUARD(). */
extern struct guard *const first_guard[] __asm__("__start_prshm_guards")
	__attribute__((visibility("hidden")));
extern struct guard *const guards_end[] __asm__("__stop_prshm_guards")
	__attribute__((visibility("hidden")));

#define FOREACH_GUARD(each) for (each = first_guard; each < guards_end; each++)

/*
 * The thread that forks, from when it has locked all guards until it unlocks them, also in the
 * child; 0: none. Meanwhile the handlers run that others registered earlier. They may use the
 * library.
 */
static _Atomic(pthread_t) forker;
static int cancel_state_of_fork; /* of that thread */

static bool holds_all(void)
{
	return atomic_load_explicit(&forker, memory_order_relaxed) == pthread_self();
}

/*
 * The process that the library's state belongs to: own_mark(), or minus that while it renews; 0: no
 * call has been made. In a page that the kernel clears in copies; where that cannot be had, and
 * before the constructor, in ordinary memory.
 */
static atomic_int in_memory;
static atomic_int *_Atomic owner = &in_memory;

static int own_mark(const atomic_int *place)
{
	return place == &in_memory ? (int)getpid() : 1;
}

/*
 * The advice -1 does not exist: a kernel or an emulator that accepts it ignores MADV_WIPEONFORK
 * too.
 */
static bool is_obeyed(void *page, size_t size)
{
	return madvise(page, size, MADV_WIPEONFORK) == 0 && madvise(page, size, -1) != 0;
}

/* With the mark in it before another thread can see the page. */
static void get_page(void)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED && is_obeyed(page, size)) {
		atomic_store((atomic_int *)page, own_mark(page));
		atomic_store(&owner, page);
	} else if (page != MAP_FAILED) {
		munmap(page, size);
	}
}

/* In the copy nobody else can hold the lock: the thread that held it does not exist here. */
static bool renew_lock(struct guard *guard)
{
	const bool broken = pthread_mutex_trylock(&guard->lock) != 0;

	if (!broken)
		pthread_mutex_unlock(&guard->lock);
	guard->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	return broken;
}

static void renew(struct guard *guard)
{
	const bool broken = !holds_all() && renew_lock(guard);

	if (guard->renew)
		guard->renew(broken);
}

/*
 * A copy may have several threads by the time it is noticed: one of them renews, the others wait.
 * That does not take long: nothing below asks the broker. A copy of a process that just renews
 * finds no mark, or the mark of another process, and renews again.
 */
static void become_owner(atomic_int *place, int mark)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct guard *const *each;
	int known = atomic_load(place);
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (known != mark) {
		if (known == -mark) {
			nanosleep(&pause, NULL);
			known = atomic_load(place);
		} else if (atomic_compare_exchange_strong(place, &known, -mark)) {
			if (!holds_all())
				atomic_store(&forker, 0); /* a thread of the original */
			FOREACH_GUARD(each)
				renew(*each);
			atomic_store(place, mark);
			known = mark;
		}
	}
	pthread_setcancelstate(state, NULL);
}

void guard_notice_copy(void)
{
	atomic_int *place = atomic_load_explicit(&owner, memory_order_acquire);
	const int mark = own_mark(place);

	if (atomic_load_explicit(place, memory_order_acquire) != mark)
		become_owner(place, mark);
}

static void lock_all(bool inner)
{
	struct guard *const *each;

	FOREACH_GUARD(each) {
		if ((*each)->is_inner == inner)
			pthread_mutex_lock(&(*each)->lock);
	}
}

static void before_fork(void)
{
	int state;

	guard_notice_copy();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	lock_all(false);
	lock_all(true);
	cancel_state_of_fork = state;
	atomic_store(&forker, pthread_self());
}

static void after_fork(void)
{
	const int state = cancel_state_of_fork;
	struct guard *const *each;

	atomic_store(&forker, 0);
	FOREACH_GUARD(each)
		pthread_mutex_unlock(&(*each)->lock);
	pthread_setcancelstate(state, NULL);
}

static void in_child(void)
{
	guard_notice_copy();
	after_fork();
}

/*
 * Before the constructors of other files, which may lock guards. What was asked before, by the
 * constructor of another library, belongs to this process, or this process is a copy.
 */
__attribute__((constructor(101))) static void begin(void)
{
	guard_notice_copy();
	get_page();
	pthread_atfork(before_fork, after_fork, in_child);
}

/* No cancellation while the lock is held: a cancelled holder would never unlock. */
void guard_lock(struct guard *guard)
{
	int state;

	guard_notice_copy();
	if (holds_all())
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_mutex_lock(&guard->lock);
	guard->cancel_state = state;
}

bool guard_try_lock(struct guard *guard)
{
	int state;

	guard_notice_copy();
	if (holds_all())
		return true;
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

	if (holds_all())
		return;
	pthread_mutex_unlock(&guard->lock);
	pthread_setcancelstate(state, NULL);
}
