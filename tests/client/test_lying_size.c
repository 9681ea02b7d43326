/* SPDX-License-Identifier: MIT */
/* A broker that lies about how large its memory is. */
#include <fcntl.h>

#include "nspr.h"
#include "tests/client/fake-broker.h"
#include "tests/testing.h"

static struct fake_broker fake;

static bool memory_smaller_than_told(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, fake_memory(FAKE_SIZE - 1, FAKE_SEALS));
	return true;
}

static bool a_size_larger_than_the_memory(struct fake_answer *answer)
{
	answer->reply.opened.size = UINT64_MAX;
	fake_encode(answer);
	return true;
}

static void open_and_close(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/fake", 0, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

static fake_lie *const lies_about_the_size[] = {
	memory_smaller_than_told,
	a_size_larger_than_the_memory,
};

/* Looked at before it is mapped: beyond its end there would be a SIGBUS. */
START_TEST(memory_of_another_size_than_told_is_not_mapped)
{
	PRSharedMemory *shm;
	size_t fds;

	fake_broker_start(&fake, lies_about_the_size[_i], 2, 2);
	open_and_close();
	fds = testing_count_fds();
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, 0));
	ck_assert_int_eq(PR_GetError(), PR_BAD_DESCRIPTOR_ERROR);
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, PR_SHM_READONLY));
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	open_and_close();
	ck_assert_uint_eq(testing_count_fds(), fds);
	fake_broker_stop(&fake);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lying size");
	TCase *tcase = tcase_create("size");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, memory_of_another_size_than_told_is_not_mapped, 0,
		sizeof(lies_about_the_size) / sizeof(lies_about_the_size[0]));
	return testing_run(suite);
}
