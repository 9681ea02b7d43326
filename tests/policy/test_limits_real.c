/* SPDX-License-Identifier: MIT */
/* Limits as clients meet them: what they are told, what the log says, and who is not disturbed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/policy-case.h"
#include "wire/wire.h"

#define ALICE_TXT "60010"
#define CROWD     200
#define CROWD_UID 61000U

static void fail_to_create(const char *name, PRErrorCode code)
{
	ck_assert_ptr_null(PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), code);
}

static void must_create(const char *name)
{
	ck_assert_ptr_nonnull(PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600));
}

static void reach_segments(void *data)
{
	PRSharedMemory *handle;

	(void)data;
	must_create("/a");
	must_create("/b");
	fail_to_create("/c", PR_INSUFFICIENT_RESOURCES_ERROR);
	fail_to_create("/d", PR_INSUFFICIENT_RESOURCES_ERROR);
	ck_assert_int_eq(policy_create("/c", 0600, &handle), PRSHM_NO_RESOURCES);
}

FIXTURE(POLICY_FIXTURE);

TEST(a_limit_is_told_once_a_user_and_minute_with_the_key_that_raises_it)
{
	policy_begin("[limits]\nuser-segments = 2\n[limits user 60011]\nuser-segments = 3\n");
	user_as_uid(ALICE, reach_segments, NULL);
	user_as_uid(ALICE, create_it, (void *)"/a"); /* it exists */
	/* A new minute may have begun in between: then there are two. */
	policy_await_said("uid 60010, pid ");
	ck_assert_uint_le(policy_count_said("uid 60010"), 2);
	ck_assert_uint_ge(policy_count_said(": the user's limit of 2 segments is reached; "
					    "user-segments in prshmd.conf raises it"),
		1);
	user_as_uid(BOB, create_it, (void *)"/bob");
	ck_assert_uint_eq(policy_count_said("uid 60011"), 0);
}

static void reach_again(void *data)
{
	(void)data;
	fail_to_create("/x", PR_INSUFFICIENT_RESOURCES_ERROR);
}

TEST(a_user_who_comes_again_and_again_does_not_fill_the_log)
{
	policy_begin("[limits user " ALICE_TXT "]\nuser-segments = 0\n");
	for (int i = 0; i < 50; i++)
		user_as_uid(ALICE, reach_again, NULL);
	ck_assert_uint_ge(policy_count_said("uid 60010"), 1);
	ck_assert_uint_le(policy_count_said("uid 60010"), 2);
}

static void reach_bytes(void *data)
{
	const size_t page = 4096;

	(void)data;
	ck_assert_ptr_null(PR_OpenSharedMemory("/a", 4 * page + 1, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), PR_FILE_TOO_BIG_ERROR);
	ck_assert_int_eq(PR_GetOSError(), EFBIG);
	ck_assert_ptr_null(PR_OpenSharedMemory("/a", 4 * page, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
	ck_assert_int_eq(PR_GetOSError(), EDQUOT);
	ck_assert_ptr_nonnull(PR_OpenSharedMemory("/a", 3 * page, PR_SHM_CREATE, 0600));
	ck_assert_ptr_null(PR_OpenSharedMemory("/b", 1, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
}

TEST(too_large_a_segment_is_told_apart_from_too_much_in_all)
{
	policy_begin("[limits]\nsegment-bytes = 16K\nuser-bytes = 12K\n");
	user_as_uid(ALICE, reach_bytes, NULL);
	policy_await_said("the user's limit of 12288 bytes of memory is reached; user-bytes");
}

static void reach_handles(void *data)
{
	PRSharedMemory *first = PR_OpenSharedMemory("/a", 1, PR_SHM_CREATE, 0600);
	PRSharedMemory *second = PR_OpenSharedMemory("/a", 0, 0, 0);

	(void)data;
	ck_assert(first && second);
	ck_assert_ptr_null(PR_OpenSharedMemory("/a", 0, 0, 0));
	ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
	ck_assert_int_eq(PR_CloseSharedMemory(first), PR_SUCCESS);
	ck_assert_ptr_nonnull(PR_OpenSharedMemory("/a", 0, 0, 0));
}

TEST(closed_handles_may_be_opened_again)
{
	policy_begin("[limits]\nuser-handles = 2\n");
	user_as_uid(ALICE, reach_handles, NULL);
	user_as_uid(ALICE, reach_handles, NULL); /* what the first one held, its end gave back */
	policy_await_said("the user's limit of 2 open handles is reached; user-handles");
}

static void stay(void *data)
{
	(void)data;
	ck_assert(!policy_exists("/nothing"));
}

/* However the refusal and the first request meet. */
static void be_refused(void *data)
{
	(void)data;
	for (int i = 0; i < 100; i++) {
		struct prshm_segment stat;

		ck_assert_ptr_null(PR_OpenSharedMemory("/a", 1, PR_SHM_CREATE, 0600));
		ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
		ck_assert_int_eq(prshm_stat("/a", &stat), PRSHM_NO_RESOURCES);
	}
}

TEST(a_refused_connection_is_told_why)
{
	struct guest first;
	struct guest second;

	policy_begin("[limits]\nuser-connections = 2\n");
	guest_enter(&first, ALICE, stay, NULL);
	guest_enter(&second, ALICE, stay, NULL);
	user_as_uid(ALICE, be_refused, NULL);
	user_as_uid(BOB, create_it, (void *)"/bob");
	policy_await_said("the user's limit of 2 connections is reached; user-connections");
	ck_assert_uint_le(policy_count_said("uid 60010"), 2);
	guest_leave(&first);
	/* The broker takes a moment to see that. */
	for (bool again = true; again;) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			user_become_uid(ALICE);
			_exit(PR_OpenSharedMemory("/a", 1, PR_SHM_CREATE, 0600) == NULL);
		}
		status = process_wait(pid);
		ck_assert_int_lt(status, 2);
		again = status != 0;
	}
	guest_leave(&second);
}

/* Byte for byte: prshm-protocol(7) says so. */
static void read_refusal(void *data)
{
	int fd = broker_process_connect(&policy_broker);
	struct wire_message message;
	struct wire_reply reply;

	(void)data;
	ck_assert_int_eq(wire_receive(fd, &message, 0, 0), 0);
	ck_assert_uint_eq(message.length, WIRE_SIZE_header);
	ck_assert_int_eq(wire_decode_reply(message.bytes, message.length, &reply), STATUS_OK);
	ck_assert_uint_eq(reply.header.op, 0);
	ck_assert_uint_eq(reply.header.serial, 0);
	ck_assert_uint_eq(reply.header.status, STATUS_NO_RESOURCES);
	ck_assert_int_eq(wire_receive(fd, &message, 0, 0), -ECONNRESET);
	close(fd);
}

TEST(the_refusal_is_a_reply_to_no_request_and_then_the_end)
{
	policy_begin("[limits user " ALICE_TXT "]\nuser-connections = 0\n");
	user_as_uid(ALICE, read_refusal, NULL);
}

static void make_three(void *data)
{
	(void)data;
	must_create("/1");
	must_create("/2");
	must_create("/3");
	fail_to_create("/4", PR_INSUFFICIENT_RESOURCES_ERROR);
}

static void make_one(void *data)
{
	(void)data;
	must_create("/one");
	fail_to_create("/two", PR_INSUFFICIENT_RESOURCES_ERROR);
}

TEST(a_groups_members_may_more)
{
	policy_begin("[limits]\nuser-segments = 1\n[limits group 60500]\nuser-segments = 3\n");
	user_as_uid(BOB, make_one, NULL);
	user_as_member(ALICE, 60500, make_three, NULL);
}

/* All it can have, from one connection. */
static void be_greedy(void *data)
{
	char name[64];
	PRSharedMemory *handle;
	unsigned int count = 0;

	(void)data;
	do {
		snprintf(name, sizeof(name), "/%u/%u", (unsigned int)geteuid(), count++);
		handle = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);
	} while (handle);
	ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
}

static void make_and_drop(void *name)
{
	create_it(name);
	ck_assert_int_eq(PR_DeleteSharedMemory(name), PR_SUCCESS);
}

TEST(after_two_hundred_greedy_users_a_newcomer_creates)
{
	struct guest crowd[CROWD];

	policy_begin("[limits]\nhost-segments = 1500\nhost-bytes = 1G\nuser-segments = 7\n");
	for (uid_t i = 0; i < CROWD; i++)
		guest_enter(&crowd[i], CROWD_UID + i, be_greedy, NULL);
	user_as_uid(ALICE, make_and_drop, (void *)"/new");
	for (size_t i = 0; i < CROWD; i++)
		guest_kill(&crowd[i]);
	user_as_uid(ALICE, make_and_drop, (void *)"/new");
}

#define SUBORDINATES      50
#define FIRST_SUBORDINATE 610000U

static void make_many(void *data)
{
	char name[64];

	(void)data;
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/many/%d", i);
		must_create(name);
	}
}

/*
 * As newuidmap(1) lets a user act as any of them, and what each has made stays when the uid has
 * gone.
 */
TEST(a_user_with_many_subordinate_uids_has_one_share)
{
	policy_begin("[limits]\nhost-segments = 200\nhost-bytes = 1G\n"
		     "subuid = " ALICE_TXT ":610000:65536\n");
	for (uid_t i = 0; i < SUBORDINATES; i++)
		user_as_uid(FIRST_SUBORDINATE + i, be_greedy, NULL);
	user_as_uid(ALICE, be_greedy, NULL);
	user_as_uid(BOB, make_many, NULL);
}
