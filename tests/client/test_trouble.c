/* SPDX-License-Identifier: MIT */
/* What a program may do to itself while it uses the library: the library must not make it worse. */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"

#define NAME "/test-trouble/a"

/* GCC's AddressSanitizer stumbles over its own signal stack when a thread is cancelled. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0";
}

static void without_streams(void)
{
	PRSharedMemory *shm;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	shm = PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600);
	if (!shm || !PR_AttachSharedMemory(shm, 0) || !PR_AttachSharedMemory(shm, PR_SHM_READONLY))
		_exit(1);
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			_exit(2);
	}
	_exit(0);
}

static void run_child(void (*child)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status 0x%x",
		(unsigned int)status);
}

FIXTURE(CLIENT_FIXTURE);

TEST(no_descriptor_of_the_library_becomes_a_standard_stream)
{
	run_child(without_streams);
}

static atomic_uint opens;

static void *open_for_ever(void *unused)
{
	for (;;) {
		PRSharedMemory *shm = PR_OpenSharedMemory(NAME, 0, 0, 0);

		if (shm)
			PR_CloseSharedMemory(shm);
		atomic_fetch_add(&opens, 1);
	}
	return unused;
}

static void cancel_often(void)
{
	alarm(60); /* a lock that is gone for good is waited for, for good */
	if (!PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600))
		_exit(1);
	for (int i = 0; i < 20; i++) {
		const unsigned int before = atomic_load(&opens);
		pthread_t thread;

		if (pthread_create(&thread, NULL, open_for_ever, NULL) != 0)
			_exit(2);
		while (atomic_load(&opens) < before + 10)
			sched_yield();
		if (pthread_cancel(thread) != 0 || pthread_join(thread, NULL) != 0)
			_exit(3);
		if (!PR_OpenSharedMemory(NAME, 0, 0, 0))
			_exit(4);
	}
	_exit(0);
}

TEST(a_cancelled_thread_leaves_the_others_the_library)
{
	run_child(cancel_often);
}

static void as_another(void)
{
	struct prshm_segment stat;

	user_become_uid(ALICE);
	if (PR_OpenSharedMemory(NAME, 0, 0, 0) || PR_GetError() != PR_NO_ACCESS_RIGHTS_ERROR)
		_exit(2);
	if (!PR_OpenSharedMemory(NAME "/own", 1, PR_SHM_CREATE, 0600) ||
		prshm_stat(NAME "/own", &stat) != PRSHM_OK || stat.uid != ALICE)
		_exit(3);
	_exit(0);
}

static void root_and_then_another(void)
{
	if (!PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600))
		_exit(4);
	as_another();
}

TEST_UNLESS(without_root, who_was_root_is_not_so_for_the_broker_for_good)
{
	run_child(root_and_then_another);
}

static void close_all(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, 4096, PR_SHM_CREATE, 0600);
	int files[8];

	closefrom(3);
	for (int i = 0; i < 8; i++)
		files[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!shm || PR_AttachSharedMemory(shm, 0) || PR_GetError() != PR_BAD_DESCRIPTOR_ERROR)
		_exit(1);
	if (PR_CloseSharedMemory(shm) != PR_SUCCESS)
		_exit(2);
	shm = PR_OpenSharedMemory(NAME, 0, 0, 0);
	if (!shm || !PR_AttachSharedMemory(shm, 0))
		_exit(3);
	for (int i = 0; i < 8; i++) {
		if (fcntl(files[i], F_GETFD) == -1)
			_exit(4);
	}
	_exit(0);
}

TEST(a_number_that_the_program_closed_is_not_ours_any_more)
{
	run_child(close_all);
}
