/* SPDX-License-Identifier: MIT */
/*
 * Forked children: each has a connection of its own, the handles and attachments it was born with,
 * and no way to disturb its parent, however it ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

static PRSharedMemory *inherited;
static char *memory;

static PRSharedMemory *open_named(const char *name)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	return shm;
}

/* What the parent has, before it forks. */
static void prepare(void)
{
	inherited = open_named("/fork/a");
	memory = PR_AttachSharedMemory(inherited, 0);
	ck_assert_ptr_nonnull(memory);
	client_await_holders("/fork/a", 1);
}

/* The parent's hold was never let go, and its connection is the one it had. */
static void expect_undisturbed(void)
{
	client_await_holders("/fork/a", 1);
	PR_CloseSharedMemory(open_named("/fork/b"));
	client_await_holders("/fork/a", 1);
	ck_assert_int_eq(PR_CloseSharedMemory(inherited), PR_SUCCESS);
	client_await_holders("/fork/a", 0);
	ck_assert_int_eq(PR_DetachSharedMemory(inherited, memory), PR_SUCCESS);
}

static void child_that_ends_at_once(void)
{
}

static void child_that_opens(void)
{
	open_named("/fork/a");
	open_named("/fork/a");
	client_await_holders("/fork/a", 3);
}

static void child_that_attaches_what_it_inherits(void)
{
	char *writable = PR_AttachSharedMemory(inherited, 0);
	char *readonly = PR_AttachSharedMemory(inherited, PR_SHM_READONLY);

	ck_assert_ptr_nonnull(writable);
	ck_assert_ptr_nonnull(readonly);
	strcpy(writable, "from the child");
	ck_assert_str_eq(readonly, "from the child");
	ck_assert_str_eq(memory, "from the child");
	ck_assert_int_eq(mprotect(readonly, 4096, PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(PR_DetachSharedMemory(inherited, writable), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(inherited, readonly), PR_SUCCESS);
}

static void child_that_gives_back_what_it_inherits(void)
{
	ck_assert_int_eq(PR_DetachSharedMemory(inherited, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(inherited, memory), PR_FAILURE);
	ck_assert_int_eq(PR_CloseSharedMemory(inherited), PR_SUCCESS);
	client_await_holders("/fork/a", 1);
}

/* The first handle of its own connection bears the number of the parent's first. */
static void child_that_closes_an_inherited_handle_beside_its_own(void)
{
	PRSharedMemory *own = open_named("/fork/c");

	open_named("/fork/d");
	ck_assert_int_eq(PR_CloseSharedMemory(inherited), PR_SUCCESS);
	PR_CloseSharedMemory(open_named("/fork/e")); /* behind it on the same connection */
	client_await_holders("/fork/c", 1);
	client_await_holders("/fork/d", 1);
	ck_assert_int_eq(PR_CloseSharedMemory(own), PR_SUCCESS);
	client_await_holders("/fork/c", 0);
}

static void child_that_deletes(void)
{
	PR_CloseSharedMemory(open_named("/fork/gone"));
	ck_assert_int_eq(PR_DeleteSharedMemory("/fork/gone"), PR_SUCCESS);
}

static void child_that_executes_another_program(void)
{
	open_named("/fork/a");
	execl("/bin/true", "true", (char *)NULL);
	_exit(127);
}

static void child_that_has_a_child(void)
{
	pid_t grandchild;

	open_named("/fork/a");
	grandchild = fork();
	if (grandchild == 0) {
		child_that_attaches_what_it_inherits();
		open_named("/fork/a");
		client_await_holders("/fork/a", 3);
		_exit(0);
	}
	process_join(grandchild);
	client_await_holders("/fork/a", 2);
	open_named("/fork/a");
	client_await_holders("/fork/a", 3);
}

static void (*const children[])(void) = {
	child_that_ends_at_once,
	child_that_opens,
	child_that_attaches_what_it_inherits,
	child_that_gives_back_what_it_inherits,
	child_that_closes_an_inherited_handle_beside_its_own,
	child_that_deletes,
	child_that_executes_another_program,
	child_that_has_a_child,
};

FIXTURE(CLIENT_FIXTURE);

TEST_LOOP(a_child_disturbs_nothing_of_its_parents, sizeof(children) / sizeof(children[0]))
{
	pid_t child;

	prepare();
	child = fork();
	if (child == 0) {
		children[_i]();
		_exit(0);
	}
	process_join(child);
	expect_undisturbed();
}

/* On the connection that both have a descriptor of, two would read each other's replies. */
TEST(parent_and_child_may_call_at_the_same_time)
{
	pid_t child;

	prepare();
	child = fork();
	for (int i = 0; i < 500; i++) {
		PRSharedMemory *shm = open_named(child == 0 ? "/fork/child" : "/fork/parent");

		if (child == 0)
			ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
		else
			PR_CloseSharedMemory(shm);
	}
	if (child == 0)
		_exit(0);
	process_join(child);
	expect_undisturbed();
}

TEST(a_child_killed_in_its_calls_disturbs_nothing)
{
	pid_t child;
	int status;

	prepare();
	child = fork();
	if (child == 0)
		for (;;)
			PR_CloseSharedMemory(open_named("/fork/b"));
	while (client_stat("/fork/b", NULL) != STATUS_OK)
		;
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	expect_undisturbed();
	client_await_holders("/fork/b", 0);
}

TEST(a_parent_may_end_before_its_child)
{
	int orphaned[2];
	pid_t child;
	char byte;

	prepare();
	ck_assert_int_eq(pipe2(orphaned, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		open_named("/fork/b");
		if (fork() != 0)
			_exit(0);
		ck_assert_int_eq(read(orphaned[0], &byte, 1), 1);
		child_that_attaches_what_it_inherits();
		PR_CloseSharedMemory(open_named("/fork/orphan"));
		_exit(0);
	}
	process_join(child);
	ck_assert_int_eq(write(orphaned[1], "x", 1), 1);
	while (client_stat("/fork/orphan", NULL) != STATUS_OK)
		;
	close(orphaned[0]);
	close(orphaned[1]);
	client_await_holders("/fork/b", 0);
	expect_undisturbed();
}
