/* SPDX-License-Identifier: MIT */
/*
 * A host that has no memory left when a segment is made ready. To use it all up would be the end of
 * other tests, so a seccomp filter has the kernel say what it then says: ENOSPC to fallocate(2),
 * and to madvise(2) that populates EFAULT. All else is as ever.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/prerror.h"
#include "include/prshma.h"
#include "tests/lib/testing.h"
#include "tests/policy/native-case.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define ARGUMENT(n) ((unsigned int)offsetof(struct seccomp_data, args[n]))

/*
 * What fallocate(2) of more than so many bytes gets is this answer. Returns a listener's
 * descriptor, where one is asked for.
 */
static int use_up_memory(unsigned int bytes, unsigned int answer, unsigned int flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(3)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, bytes, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_POPULATE_WRITE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EFAULT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(*filter), .filter = filter};
	int result;

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	ck_assert_int_ge(result, 0);
	return result;
}

static const struct prshm_options ready =
	WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, 3 * PAGE, .rights.mode = 0600);

static bool has_nothing(void *context, const struct prshm_account *account)
{
	(void)context;
	ck_assert_uint_eq(account->usage[PRSHM_SEGMENTS].used, 0);
	ck_assert_uint_eq(account->usage[PRSHM_BYTES].used, 0);
	return true;
}

FIXTURE(NULL, policy_end, .uncounted = true);

TEST(a_creation_without_memory_fails_and_leaves_neither_name_nor_cost)
{
	policy_begin("");
	use_up_memory(0, SECCOMP_RET_ERRNO | ENOSPC, 0);
	for (int i = 0; i < 3; i++) {
		fail_to_open("/a", &ready, PRSHM_NO_MEMORY);
		ck_assert(!policy_exists("/a"));
		expect(prshm_accounts(geteuid(), has_nothing, NULL), PRSHM_OK);
	}
	end_handle(must_open("/a", WITH(PRSHM_CREATE | PRSHM_NO_PREALLOCATE, PAGE)));
}

TEST(a_program_of_nspr_learns_that_there_is_no_memory)
{
	policy_begin("");
	use_up_memory(0, SECCOMP_RET_ERRNO | ENOSPC, 0);
	ck_assert_ptr_null(PR_OpenSharedMemory("/a", PAGE, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), PR_OUT_OF_MEMORY_ERROR);
	ck_assert_int_eq(PR_GetOSError(), ENOMEM);
	ck_assert(!policy_exists("/a"));
	expect(prshm_accounts(geteuid(), has_nothing, NULL), PRSHM_OK);
}

TEST(where_all_memory_is_found_anonymous_memory_is_too)
{
	policy_begin("[broker]\npreallocate = always\n");
	use_up_memory(0, SECCOMP_RET_ERRNO | ENOSPC, 0);
	ck_assert_ptr_null(PR_OpenAnonFileMap("/tmp", PAGE, PR_PROT_READWRITE));
	ck_assert_int_eq(PR_GetError(), PR_OUT_OF_MEMORY_ERROR);
	expect(prshm_accounts(geteuid(), has_nothing, NULL), PRSHM_OK);
}

/* A sandbox that forbids both calls is no host without memory: it is found by a mapping. */
TEST(where_the_calls_are_forbidden_memory_is_found_all_the_same)
{
	PRSharedMemory *handle;
	struct stat st;
	char *memory;

	policy_begin("");
	use_up_memory(0, SECCOMP_RET_ERRNO | EPERM, 0);
	handle = must_open("/a", ready);
	ck_assert_int_eq(fstat(prshm_fd(handle), &st), 0);
	ck_assert_uint_eq((size_t)st.st_blocks * 512, 3 * PAGE);
	memory = PR_AttachSharedMemory(handle, 0);
	ck_assert_ptr_nonnull(memory);
	memory[3 * PAGE - 1] = 'x';
	PR_DetachSharedMemory(handle, memory);
	end_handle(handle);
}

/*
 * There are kernels that end the call for any signal, and give back what it had: a timer is often
 * enough.
 */
TEST(a_call_that_signals_keep_from_ending_is_made_in_pieces)
{
	const size_t size = (size_t)64 << 20;
	struct stat st;
	PRSharedMemory *handle;

	policy_begin("");
	use_up_memory(16 << 20, SECCOMP_RET_ERRNO | EINTR, 0);
	handle = must_open("/a", WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, size));
	ck_assert_int_eq(fstat(prshm_fd(handle), &st), 0);
	ck_assert_uint_eq((size_t)st.st_blocks * 512, size);
	end_handle(handle);
}

/*
 * Another process, which gets each fallocate(2) to see and answers for the kernel: but first it
 * deletes the segment that is being made, and makes one of its own of that name.
 */
static pid_t start_rival(int listener)
{
	const pid_t pid = fork();
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp answer = {.error = -ENOSPC};

	if (pid != 0)
		return pid;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		_exit(1);
	expect(prshm_delete("/a"), PRSHM_OK);
	must_open("/a", WITH(PRSHM_CREATE | PRSHM_EXCL | PRSHM_NO_PREALLOCATE, 5 * PAGE));
	answer.id = call.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0)
		_exit(2);
	for (;;)
		pause();
}

TEST(a_name_that_another_has_taken_meanwhile_stays_the_others)
{
	struct prshm_segment stat;
	pid_t rival;
	int listener;

	policy_begin("");
	listener = use_up_memory(0, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	rival = start_rival(listener);
	ck_assert_int_gt(rival, 0);
	close(listener);
	fail_to_open("/a", &ready, PRSHM_NO_MEMORY);
	expect(prshm_stat("/a", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.size, 5 * PAGE);
	ck_assert_uint_eq(stat.holders, 1);
	ck_assert_int_eq(kill(rival, SIGKILL), 0);
	ck_assert_int_eq(waitpid(rival, NULL, 0), rival);
}
