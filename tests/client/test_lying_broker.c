/* SPDX-License-Identifier: MIT */
/*
 * A broker that lies, once: each lie is an error of the one call, never a crash, a hang or a leaked
 * descriptor, and the next call works. Nothing is mapped that was not looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nspr.h"
#include "client-lib/connection.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

static struct fake_broker fake;

static bool wrong_serial(struct fake_answer *answer)
{
	answer->reply.header.serial++; /* one that is older would be a late reply */
	fake_encode(answer);
	return true;
}

static bool wrong_op(struct fake_answer *answer)
{
	answer->reply.header.op = WIRE_OP_REOPEN;
	fake_encode(answer);
	return true;
}

static bool op_of_no_table(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->message.bytes[2] = 99;
	return true;
}

static bool shorter_than_a_header(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->message.length = WIRE_SIZE_header - 1;
	return true;
}

static bool shorter_than_it_says(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->message.length--;
	return true;
}

static bool shorter_than_its_body(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->message.length--;
	answer->message.bytes[12]--; /* header.length */
	return true;
}

static bool a_status_of_no_table(struct fake_answer *answer)
{
	answer->reply.header.status = 999;
	answer->reply.header.fds = 0;
	fake_encode(answer);
	answer->fd_count = 0;
	return true;
}

static bool another_version(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->message.bytes[0] = 2;
	return true;
}

static bool a_second_descriptor(struct fake_answer *answer)
{
	fake_encode(answer);
	answer->fds[answer->fd_count++] = fake_memory(FAKE_SIZE, FAKE_SEALS);
	return true;
}

static bool a_declared_second_descriptor(struct fake_answer *answer)
{
	answer->reply.header.fds = 2;
	return a_second_descriptor(answer);
}

static bool an_undeclared_descriptor(struct fake_answer *answer)
{
	answer->reply.header.fds = 0;
	fake_encode(answer);
	return true;
}

static bool a_failure_with_a_descriptor(struct fake_answer *answer)
{
	answer->reply.header.status = STATUS_NOT_FOUND;
	fake_encode(answer);
	return true;
}

static bool no_descriptor(struct fake_answer *answer)
{
	fake_encode(answer);
	close(answer->fds[0]);
	answer->fd_count = 0;
	return true;
}

static bool access_without_a_descriptor(struct fake_answer *answer)
{
	answer->reply.header.fds = 0;
	return no_descriptor(answer);
}

static bool a_descriptor_without_access(struct fake_answer *answer)
{
	answer->reply.opened.access = 0;
	fake_encode(answer);
	return true;
}

static bool memory_without_seals(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, fake_memory(FAKE_SIZE, 0));
	return true;
}

static bool memory_that_may_shrink(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, fake_memory(FAKE_SIZE, FAKE_SEALS & ~F_SEAL_SHRINK));
	return true;
}

static bool memory_that_may_grow(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, fake_memory(FAKE_SIZE, FAKE_SEALS & ~F_SEAL_GROW));
	return true;
}

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

static bool a_file_of_another_kind(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, open("/dev/zero", O_RDWR | O_CLOEXEC));
	return true;
}

/* clang-format off */
#define LIE(lie, error) {#lie, lie, PR_##error}
#define REOPEN_LIE(lie) {#lie, lie}
/* clang-format on */

static const struct {
	const char *name;
	fake_lie *lie;
	PRErrorCode error;
} lies[] = {
	LIE(wrong_serial, IO_ERROR),
	LIE(wrong_op, IO_ERROR),
	LIE(op_of_no_table, IO_ERROR),
	LIE(shorter_than_a_header, IO_ERROR),
	LIE(shorter_than_it_says, IO_ERROR),
	LIE(shorter_than_its_body, IO_ERROR),
	LIE(a_status_of_no_table, IO_ERROR),
	LIE(another_version, OPERATION_NOT_SUPPORTED_ERROR),
	LIE(a_second_descriptor, IO_ERROR),
	LIE(a_declared_second_descriptor, IO_ERROR),
	LIE(an_undeclared_descriptor, IO_ERROR),
	LIE(a_failure_with_a_descriptor, FILE_NOT_FOUND_ERROR),
	/* A full descriptor table looks the same: recvmsg(2) drops what does not fit. */
	LIE(no_descriptor, PROC_DESC_TABLE_FULL_ERROR),
	LIE(access_without_a_descriptor, IO_ERROR),
	LIE(a_descriptor_without_access, IO_ERROR),
	LIE(memory_without_seals, IO_ERROR),
	LIE(memory_that_may_shrink, IO_ERROR),
	LIE(memory_that_may_grow, IO_ERROR),
	LIE(memory_smaller_than_told, IO_ERROR),
	LIE(a_size_larger_than_the_memory, IO_ERROR),
	LIE(a_file_of_another_kind, IO_ERROR),
};

static void open_and_close(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/fake", 0, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

FIXTURE(NULL, NULL, .uncounted = true);

TEST_LOOP(each_lie_in_an_open_is_an_error_and_the_next_call_works, sizeof(lies) / sizeof(lies[0]))
{
	size_t fds;

	fake_broker_start(&fake, lies[_i].lie, 2, 2);
	open_and_close();
	fds = process_count_fds(0);
	PR_SetError(0, 0);
	ck_assert_msg(
		PR_OpenSharedMemory("/fake", 0, 0, 0600) == NULL, "believed: %s", lies[_i].name);
	ck_assert_msg(PR_GetError() == lies[_i].error, "%s: expected %s, got %s [%s]",
		lies[_i].name, PR_ErrorToName(lies[_i].error), PR_ErrorToName(PR_GetError()),
		strerror(PR_GetOSError()));
	open_and_close();
	ck_assert_uint_eq(process_count_fds(0), fds);
	fake_broker_stop(&fake);
}

static bool too_long_a_message(struct fake_answer *answer)
{
	static char bytes[WIRE_MESSAGE_MAX + 1];

	fake_encode(answer);
	memcpy(bytes, answer->message.bytes, answer->message.length);
	if (write(answer->connection, bytes, sizeof(bytes)) < 0)
		_exit(122);
	return false;
}

TEST(a_reply_longer_than_any_is_an_error)
{
	fake_broker_start(&fake, too_long_a_message, 1, 1);
	ck_assert_ptr_null(PR_OpenSharedMemory("/fake", 0, 0, 0600));
	client_expect_error(PR_IO_ERROR);
	open_and_close();
	fake_broker_stop(&fake);
}

TEST(the_answer_to_another_operation_is_none)
{
	fake_broker_start(&fake, wrong_op, 1, 1);
	ck_assert_int_eq(PR_DeleteSharedMemory("/fake"), PR_FAILURE);
	client_expect_error(PR_IO_ERROR);
	ck_assert_int_eq(PR_DeleteSharedMemory("/fake"), PR_SUCCESS);
	fake_broker_stop(&fake);
}

/* The second copy waits in the socket, and must not be taken for the answer to the next request. */
static bool the_reply_twice(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_send(answer);
	return true;
}

TEST(a_reply_that_nobody_asked_for_is_not_taken_for_the_next)
{
	PRSharedMemory *shm;

	fake_broker_start(&fake, the_reply_twice, 1, 1);
	shm = PR_OpenSharedMemory("/fake", 0, 0, 0600);
	ck_assert_ptr_nonnull(shm);
	open_and_close();
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	fake_broker_stop(&fake);
}

static bool other_memory_of_that_size(struct fake_answer *answer)
{
	fake_encode(answer);
	fake_replace_fd(answer, fake_memory(FAKE_SIZE, FAKE_SEALS));
	return true;
}

static const struct {
	const char *name;
	fake_lie *lie;
} reopen_lies[] = {
	REOPEN_LIE(other_memory_of_that_size),
	REOPEN_LIE(memory_without_seals),
	REOPEN_LIE(memory_smaller_than_told),
	REOPEN_LIE(access_without_a_descriptor),
	REOPEN_LIE(a_second_descriptor),
	REOPEN_LIE(wrong_serial),
};

TEST_LOOP(each_lie_about_a_readonly_descriptor_is_an_error,
	sizeof(reopen_lies) / sizeof(reopen_lies[0]))
{
	PRSharedMemory *shm;
	void *memory;
	size_t fds;

	fake_broker_start(&fake, reopen_lies[_i].lie, 2, 2);
	shm = PR_OpenSharedMemory("/fake", 0, PR_SHM_CREATE, 0600);
	ck_assert_ptr_nonnull(shm);
	fds = process_count_fds(0);
	ck_assert_msg(PR_AttachSharedMemory(shm, PR_SHM_READONLY) == NULL, "believed: %s",
		reopen_lies[_i].name);
	ck_assert_uint_le(process_count_fds(0), fds);
	memory = PR_AttachSharedMemory(shm, PR_SHM_READONLY);
	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(PR_DetachSharedMemory(shm, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	fake_broker_stop(&fake);
}

static bool nothing_at_all(struct fake_answer *answer)
{
	(void)answer;
	return false;
}

TEST(who_is_cut_off_before_the_answer_asks_again)
{
	fake_broker_start(&fake, nothing_at_all, 2, 2);
	open_and_close();
	open_and_close();
	fake_broker_stop(&fake);
}

TEST(who_is_cut_off_each_time_gives_up)
{
	fake_broker_start(&fake, nothing_at_all, 1, INT_MAX);
	ck_assert_ptr_null(PR_OpenSharedMemory("/fake", 0, 0, 0600));
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	ck_assert_int_eq(PR_DeleteSharedMemory("/fake"), PR_FAILURE);
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	fake_broker_stop(&fake);
}

/* And then the answer comes too late. */
static bool later_than_anyone_waits(struct fake_answer *answer)
{
	const struct timespec pause = {.tv_sec = CONNECTION_SECONDS + 2};

	fake_encode(answer);
	nanosleep(&pause, NULL);
	return true;
}

TEST(who_gets_no_answer_gives_up_and_takes_no_late_one_for_the_next)
{
	fake_broker_start(&fake, later_than_anyone_waits, 2, 2);
	open_and_close();
	ck_assert_ptr_null(PR_OpenSharedMemory("/fake", 0, 0, 0600));
	client_expect_error(PR_IO_TIMEOUT_ERROR);
	ck_assert_int_eq(PR_GetOSError(), ETIMEDOUT);
	open_and_close();
	fake_broker_stop(&fake);
}
