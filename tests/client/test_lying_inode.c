/* SPDX-License-Identifier: MIT */
/*
 * The reply tells which memory a descriptor is of, so the descriptor is not looked at before it is
 * used. Then each lie is an error, and nothing is mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nspr.h"
#include "include/prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

static struct fake_broker fake;

FIXTURE(NULL, NULL, .uncounted = true);

static bool tell_inode(struct fake_answer *answer, int fd, uint64_t more)
{
	struct wire_inode told;
	struct stat st;
	size_t used = 0;

	fake_replace_fd(answer, fd);
	if (fstat(fd, &st) < 0)
		return false;
	told.inode = st.st_ino + more;
	wire_put_inode(answer->tail, sizeof(answer->tail), &used, &told);
	answer->reply.tail = answer->tail;
	answer->reply.tail_length = used;
	fake_encode(answer);
	return true;
}

static bool the_truth(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE, FAKE_SEALS), 0);
}

static bool told_without_seals(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE, 0), 0);
}

static bool told_that_may_shrink(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE, FAKE_SEALS & ~F_SEAL_SHRINK), 0);
}

static bool told_smaller(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE - 1, FAKE_SEALS), 0);
}

static bool told_larger(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE + 1, FAKE_SEALS), 0);
}

/* clang-format off */
#define LIE(lie) {#lie, lie}
/* clang-format on */

static const struct {
	const char *name;
	fake_lie *lie;
} lies[] = {
	LIE(told_without_seals),
	LIE(told_that_may_shrink),
	LIE(told_smaller),
	LIE(told_larger),
};

static void open_and_close(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/fake", 0, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

TEST_LOOP(each_lie_is_an_error_when_the_descriptor_is_used, sizeof(lies) / sizeof(lies[0]))
{
	PRSharedMemory *shm;
	size_t fds;

	fake_broker_start(&fake, lies[_i].lie, 2, 2);
	open_and_close();
	fds = process_count_fds(0);
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	for (int i = 0; i < 2; i++) {
		PR_SetError(0, 0);
		ck_assert_msg(PR_AttachSharedMemory(shm, 0) == NULL, "mapped: %s", lies[_i].name);
		client_expect_error(PR_IO_ERROR);
		ck_assert_int_eq(prshm_fd(shm), -1);
		ck_assert_int_eq(errno, EPROTO);
	}
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	ck_assert_uint_eq(process_count_fds(0), fds);
	open_and_close();
	fake_broker_stop(&fake);
}

/*
 * It looks the same as a descriptor that the program has closed: it is not the library's to close.
 */
static bool another_inode(struct fake_answer *answer)
{
	return tell_inode(answer, fake_memory(FAKE_SIZE, FAKE_SEALS), 1);
}

TEST(what_is_of_another_inode_is_not_used)
{
	PRSharedMemory *shm;

	fake_broker_start(&fake, another_inode, 2, 2);
	open_and_close();
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, 0));
	ck_assert_int_eq(prshm_fd(shm), -1);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	open_and_close();
	fake_broker_stop(&fake);
}

/* The program's own has the number, the size and the seals, and is neither mapped nor closed. */
TEST(a_descriptor_that_was_replaced_before_it_was_looked_at_is_noticed)
{
	PRSharedMemory *shm;
	const int own = fake_memory(FAKE_SIZE, FAKE_SEALS);
	int fd;

	fake_broker_start(&fake, the_truth, 1, INT_MAX);
	open_and_close();
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	fd = prshm_fd(shm);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600); /* the same number again */
	ck_assert_ptr_nonnull(shm);
	ck_assert_int_eq(dup2(own, fd), fd);
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, 0));
	ck_assert_int_eq(prshm_fd(shm), -1);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	ck_assert_int_eq(close(fd), 0);
	close(own);
	fake_broker_stop(&fake);
}
