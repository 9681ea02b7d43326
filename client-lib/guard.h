/* SPDX-License-Identifier: MIT */
/*
 * The locks of the library, and copies of the process.
 *
 * A guard is a lock, and a function that renews what the lock protects in a copy of the process:
 * the function drops what belongs to the original alone, such as the connection.
 * (1) fork(2): all guards are locked while the process is copied, so that what they protect is
 * whole. The child renews, and unlocks, before fork returns. Handlers of others that run meanwhile
 * use the library as if each guard was free.
 * (2) clone(2) without CLONE_VM, _Fork(3): no handler of pthread_atfork(3) runs. The copy is
 * noticed when it locks its first guard, and renews then. To notice costs no system call: the
 * kernel clears a page of memory in the copy (MADV_WIPEONFORK). Where the kernel does not,
 * getpid(2) is compared.
 * (3) vfork(2), and clone(2) with CLONE_VM: no copy. The child uses the memory of its parent.
 *
 * Safe to use from several threads. A guard does not allow its holder to be cancelled.
 */
#ifndef PRSHM_CLIENT_GUARD_H
#define PRSHM_CLIENT_GUARD_H

#include <pthread.h>
#include <stdbool.h>

struct guard {
	pthread_mutex_t lock;
	int cancel_state; /* of the thread that holds the lock */
	/*
	 * Called in a copy of the process, in which no other thread runs this library. broken: at
	 * the time of the copy another thread held the guard, so a change may be half done: drop
	 * what the guard protects, and follow no pointer in it.
	 */
	void (*renew)(bool broken);
	bool is_inner;
};

/* A linker that drops what nobody refers to (--gc-sections) keeps the list. */
#if __has_attribute(retain)
#define GUARD_LISTED section("prshm_guards"), used, retain
#else
#define GUARD_LISTED section("prshm_guards"), used
#endif

/*
 * Defines a guard. The linker lists the guards of a library, so that all are known before its
 * constructors: those of another library may run first, and ask the broker, and fork.
 * No thread locks a second guard while it holds one, but one guard is an inner one: a thread that
 * holds another may lock that, too.
 */
#define GUARD_OF_KIND(name, renew, is_inner)                                                       \
	static struct guard name = {PTHREAD_MUTEX_INITIALIZER, 0, (renew), (is_inner)};            \
	__attribute__((GUARD_LISTED)) static struct guard *const name##_listed = &name
#define GUARD(name, renew)       GUARD_OF_KIND(name, renew, false)
#define GUARD_INNER(name, renew) GUARD_OF_KIND(name, renew, true)

void guard_lock(struct guard *guard);
bool guard_try_lock(struct guard *guard); /* false: another thread holds the guard */
void guard_unlock(struct guard *guard);

/* Renews if this process is a copy that has not renewed yet. For code that locks no guard. */
void guard_notice_copy(void);

#endif
