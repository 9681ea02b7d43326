/* SPDX-License-Identifier: MIT */
/*
 * Handles that are parked: opening again asks nobody, and is what it would be if it did.
 * test_park_off.c does the same by asking.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "nspr.h"
#include "prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/client/park-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

FIXTURE(PARK_FIXTURE);

TEST(to_open_again_asks_nobody)
{
	uint64_t before;

	park_use("/park/a", 1);
	before = park_opens();
	for (int i = 0; i < 10; i++)
		park_expect("/park/a", 1);
	ck_assert_uint_eq(park_opens() - before, park_is_on() ? 0 : 10);
	client_await_holders("/park/a", 0);
}

TEST(each_of_fifty_names_has_its_own)
{
	uint64_t before;
	char name[32];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "/park/%d", i);
		park_use(name, (char)i);
	}
	before = park_opens();
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "/park/%d", i);
		park_expect(name, (char)i);
	}
	ck_assert_uint_eq(park_opens() - before, park_is_on() ? 0 : 50);
}

/* The oldest go, also by their bytes; the broker counts nothing as open. */
TEST(what_is_too_much_is_closed)
{
	char name[32];

	for (int i = 0; i < 300; i++) {
		PRSharedMemory *shm;

		snprintf(name, sizeof(name), "/park/%d", i);
		shm = PR_OpenSharedMemory(name, i % 3 ? BYTES : 256 * 1024, PR_SHM_CREATE, 0666);
		ck_assert_ptr_nonnull(shm);
		park_close(shm);
	}
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "/park/%d", i);
		client_await_holders(name, 0);
	}
}

static void delete_it(void)
{
	EXPECT(PR_DeleteSharedMemory("/park/a") == PR_SUCCESS);
}

static void make_another(void)
{
	PRSharedMemory *shm;
	char *bytes;

	delete_it();
	EXPECT((shm = PR_OpenSharedMemory("/park/a", BYTES, PR_SHM_CREATE, 0666)));
	EXPECT((bytes = PR_AttachSharedMemory(shm, 0)));
	*bytes = 2;
}

TEST(what_was_deleted_is_not_opened)
{
	park_use("/park/a", 1);
	park_in_child(delete_it);
	ck_assert_ptr_null(PR_OpenSharedMemory("/park/a", 0, 0, 0));
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
}

TEST(what_was_made_anew_is_what_is_opened)
{
	park_use("/park/a", 1);
	park_in_child(make_another);
	park_expect("/park/a", 2);
}

/* Open while it is deleted, and closed afterwards. */
TEST(what_was_deleted_while_it_was_open_is_not_parked)
{
	PRSharedMemory *shm;
	char *bytes;

	park_use("/park/a", 1);
	shm = park_open("/park/a");
	park_in_child(make_another);
	bytes = park_attach(shm);
	ck_assert_int_eq(*bytes, 1);
	park_detach(bytes);
	park_close(shm);
	park_expect("/park/a", 2);
}

static void forbid(void)
{
	const struct prshm_rights none = {.mode = 0};

	EXPECT(prshm_set_rights("/park/a", &none) == PRSHM_OK);
}

static void allow_reading(void)
{
	const struct prshm_rights reading = {.mode = 0444};

	EXPECT(prshm_set_rights("/park/a", &reading) == PRSHM_OK);
}

/* Root may do all: as another user, in a child that has its own connection. */
static void lose_rights(void)
{
	PRSharedMemory *shm;
	char *bytes;

	EXPECT(geteuid() != 0 || setgid(12345) == 0);
	EXPECT(geteuid() != 0 || setuid(12345) == 0);
	EXPECT((shm = PR_OpenSharedMemory("/park/a", BYTES, PR_SHM_CREATE, 0666)));
	EXPECT((bytes = PR_AttachSharedMemory(shm, 0)));
	EXPECT(PR_DetachSharedMemory(shm, bytes) == PR_SUCCESS);
	EXPECT(PR_CloseSharedMemory(shm) == PR_SUCCESS);
	forbid();
	EXPECT(!PR_OpenSharedMemory("/park/a", 0, 0, 0));
	EXPECT(PR_GetError() == PR_NO_ACCESS_RIGHTS_ERROR);
	allow_reading();
	EXPECT((shm = PR_OpenSharedMemory("/park/a", 0, 0, 0)));
	EXPECT(!PR_AttachSharedMemory(shm, 0));
	EXPECT((bytes = PR_AttachSharedMemory(shm, PR_SHM_READONLY)));
	EXPECT(mprotect(bytes, BYTES, PROT_READ | PROT_WRITE) != 0);
}

TEST(lost_rights_are_lost_at_the_next_open)
{
	park_in_child(lose_rights);
}

/* What a descriptor can do was asked for at the open. */
TEST(who_opens_to_read_gets_no_mapping_that_can_write)
{
	const struct prshm_options reading = {.flags = PRSHM_READONLY};
	PRSharedMemory *shm;
	char *bytes;

	park_use("/park/a", 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(prshm_open("/park/a", &reading, &shm), PRSHM_OK);
		ck_assert_ptr_null(PR_AttachSharedMemory(shm, 0));
		bytes = PR_AttachSharedMemory(shm, PR_SHM_READONLY);
		ck_assert_ptr_nonnull(bytes);
		ck_assert_int_ne(mprotect(bytes, BYTES, PROT_READ | PROT_WRITE), 0);
		park_detach(bytes);
		park_close(shm);
		park_expect("/park/a", 1);
	}
	shm = park_open("/park/a");
	bytes = PR_AttachSharedMemory(shm, PR_SHM_READONLY);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_ne(mprotect(bytes, BYTES, PROT_READ | PROT_WRITE), 0);
	park_detach(bytes);
	park_close(shm);
}

TEST(what_the_broker_refuses_is_refused)
{
	park_use("/park/a", 1);
	ck_assert_ptr_null(
		PR_OpenSharedMemory("/park/a", BYTES, PR_SHM_CREATE | PR_SHM_EXCL, 0666));
	client_expect_error(PR_FILE_EXISTS_ERROR);
	ck_assert_ptr_null(PR_OpenSharedMemory("/park/a", BYTES + 1, 0, 0));
	client_expect_error(PR_INVALID_ARGUMENT_ERROR);
	park_expect("/park/a", 1);
}

/* Within a tick of this clock the library looks once whether its connection stands. */
static void await_ticks(void)
{
	struct timespec first;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &first);
	do
		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	while (now.tv_nsec == first.tv_nsec);
}

TEST(without_its_broker_nothing_is_taken_back)
{
	park_use("/park/a", 1);
	broker_process_kill(&client_broker, SIGKILL);
	await_ticks();
	ck_assert_ptr_null(PR_OpenSharedMemory("/park/a", 0, 0, 0));
	broker_process_restart(&client_broker, NULL);
	park_use("/park/a", 2);
	park_expect("/park/a", 2);
}

TEST(several_names_at_once_are_taken_back_and_the_others_asked_for)
{
	const char *names[] = {"/park/a", "/park/b", "/park/none", "/park/a"};
	const struct prshm_options plain = {.size = BYTES};
	enum prshm_result results[4];
	PRSharedMemory *handles[4];

	park_use("/park/a", 1);
	park_use("/park/b", 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(prshm_open_many(names, 4, &plain, handles, results), PRSHM_OK);
		ck_assert(results[0] == PRSHM_OK && results[1] == PRSHM_OK &&
			  results[2] == PRSHM_NOT_FOUND && results[3] == PRSHM_OK);
		for (int k = 0; k < 4; k++) {
			char *bytes = k == 2 ? NULL : park_attach(handles[k]);

			ck_assert(k == 2 ? !handles[k] : *bytes == (k == 1 ? 2 : 1));
			if (bytes)
				park_detach(bytes);
			if (handles[k])
				park_close(handles[k]);
		}
	}
}
