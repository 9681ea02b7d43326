/* SPDX-License-Identifier: MIT */
/*
 * Copies of the process that no handler of pthread_atfork(3) sees: clone(2) and _Fork(3). Each is
 * as good as a child of fork(2), whatever the original had open, and whatever its threads were
 * doing.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "prshm-client.h"
#include "prshma.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define TIMES 30

static pid_t by_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t (*const copies[])(void) = {by_clone, _Fork, fork};
#define COPIES ((int)(sizeof(copies) / sizeof(*copies)))

static PRSharedMemory *open_named(const char *name)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	return shm;
}

static void fill(const char *name, const char *content)
{
	PRSharedMemory *shm = open_named(name);
	char *bytes = PR_AttachSharedMemory(shm, 0);

	strcpy(bytes, content);
	PR_DetachSharedMemory(shm, bytes);
	PR_CloseSharedMemory(shm);
}

/* Whether the name opens the segment that has this content. */
static bool has_content(const char *name, const char *content)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, 0, 0);
	char *bytes = shm ? PR_AttachSharedMemory(shm, 0) : NULL;
	const bool has = bytes && strcmp(bytes, content) == 0;

	if (bytes)
		PR_DetachSharedMemory(shm, bytes);
	if (shm)
		PR_CloseSharedMemory(shm);
	return has;
}

/* Both sides open at the same time, if they meet before; each must find its own segment. */
static bool get_their_own(pid_t (*copy)(void), atomic_int *meeting)
{
	pid_t child;
	int status;
	bool right;

	if (meeting)
		atomic_store(meeting, 0);
	child = copy();
	if (meeting)
		for (atomic_fetch_add(meeting, 1); atomic_load(meeting) < 2;)
			sched_yield();
	if (child == 0)
		_exit(has_content("/copies/child", "of the child") ? 0 : 1);
	right = has_content("/copies/parent", "of the parent");
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0 && right;
}

static atomic_int *shared_word(void)
{
	void *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return word;
}

/* How often each side got its own; TIMES, that is to be, with and without meeting. */
static int try_many_times(pid_t (*copy)(void))
{
	atomic_int *meeting = shared_word();
	int right = 0;

	for (int i = 0; i < TIMES; i++)
		right += get_their_own(copy, meeting) && get_their_own(copy, NULL);
	munmap(meeting, 4096);
	return right;
}

FIXTURE(CLIENT_FIXTURE);

TEST_LOOP(original_and_copy_get_the_segments_that_they_ask_for, COPIES)
{
	fill("/copies/child", "of the child");
	fill("/copies/parent", "of the parent");
	ck_assert_int_eq(try_many_times(copies[_i]), TIMES);
}

/* madvise(MADV_WIPEONFORK) as on Linux 4.13, or in a sandbox that does not know it. */
static void refuse_wipe_on_fork(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

ROLE(copies_by_clone_and_Fork)
{
	return try_many_times(by_clone) == TIMES && try_many_times(_Fork) == TIMES ? 0 : 1;
}

TEST(a_kernel_that_clears_no_page_does_as_well)
{
	pid_t child;

	fill("/copies/child", "of the child");
	fill("/copies/parent", "of the parent");
	child = fork();
	if (child == 0) {
		refuse_wipe_on_fork();
		execl("/proc/self/exe", "self", "copies_by_clone_and_Fork", NULL);
		_exit(127);
	}
	process_join(child);
}

/* What the original has open when it is copied. */
static struct {
	PRSharedMemory *handle;
	char *attached;
	PRFileMap *map;
	char *mapped;
	char string[PR_FILEMAP_STRING_BUFSIZE];
	struct prshm_watcher *watch;
} original;

static void open_everything(void)
{
	original.handle = open_named("/copies/handle");
	original.attached = PR_AttachSharedMemory(original.handle, 0);
	ck_assert_ptr_nonnull(original.attached);
	original.map = PR_OpenAnonFileMap(NULL, 4096, PR_PROT_READWRITE);
	ck_assert_ptr_nonnull(original.map);
	original.mapped = PR_MemMap(original.map, 0, 4096);
	ck_assert_ptr_nonnull(original.mapped);
	ck_assert_int_eq(
		PR_ExportFileMapAsString(original.map, sizeof(original.string), original.string),
		PR_SUCCESS);
	ck_assert_int_eq(
		prshm_watch("/copies/event", PRSHM_EVENT_CREATED, PRSHM_EXACT, &original.watch),
		PRSHM_OK);
}

static void close_everything(void)
{
	prshm_watch_free(original.watch);
	PR_MemUnmap(original.mapped, 4096);
	PR_CloseFileMap(original.map);
	PR_DetachSharedMemory(original.handle, original.attached);
	PR_CloseSharedMemory(original.handle);
}

static void use_everything_in_copy(void)
{
	struct prshm_event event;
	PRFileMap *imported;
	char *again;

	ck_assert_int_eq(prshm_watch_fd(original.watch), -1);
	ck_assert_int_eq(prshm_watch_next(original.watch, &event), PRSHM_INVALID);
	again = PR_AttachSharedMemory(original.handle, PR_SHM_READONLY);
	ck_assert_ptr_nonnull(again);
	original.attached[0] = 'x';
	ck_assert_int_eq(again[0], 'x');
	ck_assert_int_eq(PR_DetachSharedMemory(original.handle, again), PR_SUCCESS);
	imported = PR_ImportFileMapFromString(original.string);
	ck_assert_ptr_nonnull(imported);
	again = PR_MemMap(imported, 0, 4096);
	original.mapped[0] = 'y';
	ck_assert_int_eq(again[0], 'y');
	PR_MemUnmap(again, 4096);
	PR_CloseFileMap(imported);
	close_everything();
	PR_CloseSharedMemory(open_named("/copies/event"));
}

TEST_LOOP(a_copy_has_the_handles_and_maps_of_the_original_and_no_watch, COPIES)
{
	struct prshm_event event;
	pid_t child;

	open_everything();
	child = copies[_i]();
	if (child == 0) {
		use_everything_in_copy();
		_exit(0);
	}
	process_join(child);
	client_await_holders("/copies/handle", 1);
	ck_assert_int_eq(original.attached[0], 'x');
	ck_assert_int_eq(original.mapped[0], 'y');
	while (prshm_watch_next(original.watch, &event) == PRSHM_AGAIN)
		sched_yield();
	ck_assert_int_eq(event.kind, PRSHM_EVENT_CREATED);
	close_everything();
	client_await_holders("/copies/handle", 0);
}

static void *open_in_thread(void *result)
{
	*(bool *)result = has_content("/copies/parent", "of the parent");
	return NULL;
}

static void expect_state(pid_t pid, char state)
{
	char path[64];
	char found = '\0';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (found != state) {
		FILE *file = fopen(path, "re");

		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fscanf(file, "%*d %*s %c", &found), 1);
		fclose(file);
	}
}

/* The thread is in its call, and holds the lock, when it waits for the reply. */
static void await_recvmsg(pid_t thread)
{
	char path[64];
	int number = -1;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)thread);
	while (number != SYS_recvmsg) {
		FILE *file = fopen(path, "re");

		ck_assert_ptr_nonnull(file);
		if (fscanf(file, "%d", &number) != 1)
			number = -1; /* running */
		fclose(file);
	}
}

static _Atomic(pid_t) thread_id;

static void *tell_and_open(void *result)
{
	atomic_store(&thread_id, (pid_t)syscall(SYS_gettid));
	return open_in_thread(result);
}

FIXTURE(CLIENT_UNPARKED_FIXTURE); /* a call is made for each open */

/*
 * Not _exit: ThreadSanitizer does not see that a copy was made by clone(2). It takes what the
 * thread of the original did, which the copy does not have, for what a thread of the copy does; so
 * it finds races there, and would change the status.
 */
static void end_copy(int status)
{
	syscall(SYS_exit_group, status);
}

/* The copy has neither the thread nor its lock; it is not made to wait, and disturbs nothing. */
/* Not fork: that waits until no other thread is in a call. */
TEST_LOOP(a_copy_made_during_a_call_of_another_thread_may_call, COPIES - 1)
{
	pthread_t thread;
	bool right = false;
	pid_t child;

	fill("/copies/child", "of the child");
	fill("/copies/parent", "of the parent");
	atomic_store(&thread_id, 0);
	kill(client_broker.pid, SIGSTOP);
	expect_state(client_broker.pid, 'T');
	ck_assert_int_eq(pthread_create(&thread, NULL, tell_and_open, &right), 0);
	while (atomic_load(&thread_id) == 0)
		sched_yield();
	await_recvmsg(atomic_load(&thread_id));
	child = copies[_i]();
	if (child == 0) {
		kill(client_broker.pid, SIGCONT);
		end_copy(has_content("/copies/child", "of the child") ? 0 : 1);
	}
	process_join(child);
	pthread_join(thread, NULL);
	ck_assert(right);
	ck_assert(has_content("/copies/parent", "of the parent"));
}
