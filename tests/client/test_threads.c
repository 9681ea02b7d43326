/* SPDX-License-Identifier: MIT */
/* Many threads in the library at once. ThreadSanitizer is the other half of these tests. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define THREADS 8
#define OPENS   10000

static pthread_barrier_t barrier;
static PRSharedMemory *shared;

/* check's own assertions are for the test's thread: here a failure ends the process, loudly. */
static void demand(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "# %s: %s\n", what, PR_ErrorToString(PR_GetError(), 0));
	abort();
}

/* Runs it in all threads at once, each with its number. */
static void in_threads(void *(*start)(void *))
{
	static const long numbers[THREADS] = {0, 1, 2, 3, 4, 5, 6, 7};
	pthread_t threads[THREADS];

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, start, (void *)&numbers[i]), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
}

static void *open_often(void *number)
{
	const long own = *(const long *)number;
	char name[32];

	snprintf(name, sizeof(name), "/threads/%ld", own);
	for (int i = 0; i < OPENS; i++) {
		bool alone = i % 2;
		PRSharedMemory *shm = PR_OpenSharedMemory(
			alone ? name : "/threads/all", 4096, PR_SHM_CREATE, 0600);
		long *memory;

		demand(shm != NULL, "open");
		memory = PR_AttachSharedMemory(shm, 0);
		demand(memory != NULL, "attach");
		if (alone) {
			demand(i == 1 || *memory == own, "the memory of another name");
			*memory = own;
		}
		demand(PR_DetachSharedMemory(shm, memory) == PR_SUCCESS, "detach");
		demand(PR_CloseSharedMemory(shm) == PR_SUCCESS, "close");
	}
	return NULL;
}

FIXTURE(CLIENT_FIXTURE);

TEST(eight_threads_open_ten_thousand_times_each)
{
	in_threads(open_often);
	client_await_holders("/threads/all", 0);
}

static void *fail_in_a_way_of_its_own(void *number)
{
	const bool missing = *(const long *)number % 2;
	const PRErrorCode expected = missing ? PR_FILE_NOT_FOUND_ERROR : PR_INVALID_ARGUMENT_ERROR;

	for (int i = 0; i < 200; i++) {
		pthread_barrier_wait(&barrier);
		demand(PR_OpenSharedMemory(missing ? "/threads/missing" : NULL, 1, 0, 0600) == NULL,
			"opened");
		pthread_barrier_wait(&barrier); /* all have failed, each has its own error */
		demand(PR_GetError() == expected, "the error of another thread");
		demand(PR_GetOSError() == (missing ? ENOENT : EINVAL),
			"the errno of another thread");
	}
	return NULL;
}

TEST(an_error_is_its_threads_own)
{
	in_threads(fail_in_a_way_of_its_own);
	ck_assert_int_eq(PR_GetError(), PR_FILE_NOT_FOUND_ERROR); /* the set-up's own */
}

static atomic_int created;

static void *create_exclusively(void *number)
{
	PRSharedMemory *shm;

	(void)number;
	pthread_barrier_wait(&barrier);
	shm = PR_OpenSharedMemory("/threads/once", 4096, PR_SHM_CREATE | PR_SHM_EXCL, 0600);
	if (shm) {
		atomic_fetch_add(&created, 1);
		PR_CloseSharedMemory(shm);
	} else {
		demand(PR_GetError() == PR_FILE_EXISTS_ERROR, "open");
	}
	return NULL;
}

TEST(of_many_that_create_exclusively_one_does)
{
	for (int i = 0; i < 50; i++) {
		atomic_store(&created, 0);
		in_threads(create_exclusively);
		ck_assert_int_eq(atomic_load(&created), 1);
		ck_assert_int_eq(PR_DeleteSharedMemory("/threads/once"), PR_SUCCESS);
	}
}

static void *attach_shared_handle(void *number)
{
	char *memory;

	(void)number;
	pthread_barrier_wait(&barrier);
	memory = PR_AttachSharedMemory(shared, PR_SHM_READONLY);
	demand(memory != NULL, "attach");
	demand(PR_DetachSharedMemory(shared, memory) == PR_SUCCESS, "detach");
	return NULL;
}

FIXTURE(CLIENT_UNPARKED_FIXTURE);

TEST(a_handle_may_be_attached_by_many_and_gets_one_readonly_descriptor)
{
	const size_t fds = process_count_fds(0);

	for (int i = 0; i < 50; i++) {
		shared = PR_OpenSharedMemory("/threads/all", 4096, PR_SHM_CREATE, 0600);
		ck_assert_ptr_nonnull(shared);
		in_threads(attach_shared_handle);
		ck_assert_uint_eq(process_count_fds(0), fds + 2);
		ck_assert_int_eq(PR_CloseSharedMemory(shared), PR_SUCCESS);
	}
}

static char *_Atomic exchanged[THREADS];

/* Each detaches what its neighbour has attached. */
static void *attach_for_another(void *number)
{
	const long own = *(const long *)number;

	for (int i = 0; i < 500; i++) {
		char *memory = PR_AttachSharedMemory(shared, 0);

		demand(memory != NULL, "attach");
		memory = atomic_exchange(&exchanged[(own + i) % THREADS], memory);
		demand(!memory || PR_DetachSharedMemory(NULL, memory) == PR_SUCCESS, "detach");
	}
	return NULL;
}

FIXTURE(CLIENT_FIXTURE);

TEST(any_thread_may_detach_what_another_attached)
{
	shared = PR_OpenSharedMemory("/threads/all", 4096, PR_SHM_CREATE, 0600);
	ck_assert_ptr_nonnull(shared);
	in_threads(attach_for_another);
	for (int i = 0; i < THREADS; i++)
		if (exchanged[i])
			ck_assert_int_eq(PR_DetachSharedMemory(NULL, exchanged[i]), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shared), PR_SUCCESS);
}

#ifndef __SANITIZE_ADDRESS__ /* gcc 12's malloc has locks that a child of fork finds held */

static void *call_for_ever(void *stop)
{
	while (!atomic_load((atomic_bool *)stop)) {
		PRSharedMemory *shm =
			PR_OpenSharedMemory("/threads/all", 4096, PR_SHM_CREATE, 0600);
		char *memory = shm ? PR_AttachSharedMemory(shm, PR_SHM_READONLY) : NULL;

		demand(memory != NULL, "open and attach");
		demand(PR_DetachSharedMemory(shm, memory) == PR_SUCCESS, "detach");
		PR_CloseSharedMemory(shm);
	}
	return NULL;
}

/* A lock that a thread held at the fork would be held in the child for good. */
static void fork_and_call(void)
{
	pid_t child = fork();

	if (child == 0) {
		PRSharedMemory *shm =
			PR_OpenSharedMemory("/threads/child", 4096, PR_SHM_CREATE, 0600);
		char *memory = shm ? PR_AttachSharedMemory(shm, 0) : NULL;

		demand(memory != NULL, "open and attach in the child");
		demand(PR_DetachSharedMemory(shm, memory) == PR_SUCCESS, "detach in the child");
		_exit(0);
	}
	process_join(child);
}

TEST(a_fork_while_others_are_in_calls_gives_a_child_that_works)
{
	pthread_t threads[THREADS];
	atomic_bool stop = false;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_for_ever, &stop), 0);
	for (int i = 0; i < 50; i++)
		fork_and_call();
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	client_await_holders("/threads/all", 0);
	client_await_holders("/threads/child", 0);
}

#endif
