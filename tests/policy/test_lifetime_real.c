/* SPDX-License-Identifier: MIT */
/* How long a segment stays when processes hold it, crash and come again. No test says how long it
 * took. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/policy-case.h"

struct wanted {
	const char *name;
	enum prshm_lifetime lifetime;
	uint32_t linger;
};

static void create_wanted(void *data)
{
	const struct wanted *wanted = data;
	const struct prshm_options options = {
		.flags = PRSHM_CREATE | PRSHM_EXCL,
		.size = 1,
		.rights.mode = 0666,
		.lifetime = wanted->lifetime,
		.linger = wanted->linger,
	};
	PRSharedMemory *handle;

	ck_assert_int_eq(prshm_open(wanted->name, &options, &handle), PRSHM_OK);
}

static void open_it(void *name)
{
	PRSharedMemory *handle;

	ck_assert_int_eq(prshm_open(name, &(struct prshm_options){0}, &handle), PRSHM_OK);
}

static struct wanted until_unused = {"/a", PRSHM_UNTIL_UNUSED, 0};

FIXTURE(POLICY_FIXTURE);

TEST(a_crashed_holder_has_closed)
{
	struct guest guest;

	policy_begin("");
	guest_enter(&guest, ALICE, create_wanted, &until_unused);
	ck_assert_uint_eq(policy_exists("/a"), 1);
	guest_kill(&guest);
	policy_await_gone("/a");
	policy_await_said("\"/a\" of uid 60010 is gone: nobody holds it, and its lifetime is "
			  "until-unused");
}

TEST(the_last_of_two_holders_decides)
{
	struct guest creator;
	struct guest other;

	policy_begin("");
	guest_enter(&creator, ALICE, create_wanted, &until_unused);
	guest_enter(&other, BOB, open_it, (void *)"/a");
	guest_kill(&creator);
	/* A third one's whole life in between: the broker has seen the crash by then. */
	user_as_uid(CAROL, open_it, (void *)"/a");
	ck_assert(policy_exists("/a"));
	guest_leave(&other);
	policy_await_gone("/a");
	ck_assert_uint_eq(policy_count_said("is gone"), 1);
}

TEST(kept_survives_the_crash_of_its_holders)
{
	struct wanted kept = {"/kept", PRSHM_KEPT, 0};
	struct guest guest;

	policy_begin("");
	guest_enter(&guest, ALICE, create_wanted, &kept);
	guest_kill(&guest);
	user_as_uid(BOB, open_it, (void *)"/kept");
	ck_assert_int_eq(PR_DeleteSharedMemory("/kept"), PR_SUCCESS);
	ck_assert_uint_eq(policy_count_said("is gone"), 0);
}

TEST(what_lingers_goes_and_the_log_says_why)
{
	struct wanted lingering = {"/a", PRSHM_UNTIL_UNUSED, 1};

	policy_begin("");
	user_as_uid(ALICE, create_wanted, &lingering);
	policy_await_gone("/a");
	policy_await_said("\"/a\" of uid 60010 is gone: nobody holds it, and its linger time has "
			  "passed");
}

/* Seconds enough for the next process to come; the later one's time shows that it has passed. */
TEST(an_open_within_the_linger_saves_it)
{
	struct wanted saved = {"/saved", PRSHM_UNTIL_UNUSED, 5};
	struct wanted later = {"/later", PRSHM_UNTIL_UNUSED, 6};
	struct guest guest;

	policy_begin("");
	user_as_uid(ALICE, create_wanted, &saved);
	guest_enter(&guest, BOB, open_it, (void *)"/saved");
	user_as_uid(ALICE, create_wanted, &later);
	policy_await_gone("/later");
	ck_assert(policy_exists("/saved"));
	guest_leave(&guest);
}

TEST(what_is_deleted_while_it_lingers_may_be_made_anew)
{
	struct wanted lingering = {"/a", PRSHM_KEPT, 5};
	struct wanted later = {"/later", PRSHM_KEPT, 6};
	struct wanted kept = {"/a", PRSHM_KEPT, 0};

	policy_begin("");
	user_as_uid(ALICE, create_wanted, &lingering);
	ck_assert_int_eq(PR_DeleteSharedMemory("/a"), PR_SUCCESS);
	user_as_uid(ALICE, create_wanted, &kept);
	user_as_uid(ALICE, create_wanted, &later);
	policy_await_gone("/later");
	ck_assert(policy_exists("/a"));
	ck_assert_uint_eq(policy_count_said("\"/a\""), 0);
}

TEST(lingers_end_in_the_order_of_their_times)
{
	struct wanted late = {"/late", PRSHM_KEPT, 2};
	struct wanted soon = {"/soon", PRSHM_UNTIL_UNUSED, 1};

	policy_begin("");
	user_as_uid(ALICE, create_wanted, &soon);
	user_as_uid(ALICE, create_wanted, &late);
	policy_await_gone("/late");
	ck_assert(!policy_exists("/soon"));
}

TEST(a_rules_linger_ends_what_crashed_creators_left)
{
	struct wanted kept = {"/tmp/a", PRSHM_KEPT, 0};
	struct guest guest;

	policy_begin("[name /tmp]\nlinger = 1\n");
	guest_enter(&guest, ALICE, create_wanted, &kept);
	guest_kill(&guest);
	policy_await_gone("/tmp/a");
	policy_await_said("linger time has passed");
}

/* The memory stays whose it is mapped in: nobody's mapping goes with a name. */
TEST(what_is_mapped_stays_mapped)
{
	const struct prshm_options options = {.flags = PRSHM_CREATE,
		.size = 1,
		.rights.mode = 0600,
		.lifetime = PRSHM_UNTIL_UNUSED};
	PRSharedMemory *handle;
	char *memory;

	policy_begin("");
	ck_assert_int_eq(prshm_open("/a", &options, &handle), PRSHM_OK);
	memory = PR_AttachSharedMemory(handle, 0);
	ck_assert_ptr_nonnull(memory);
	strcpy(memory, "still here");
	ck_assert_int_eq(PR_CloseSharedMemory(handle), PR_SUCCESS);
	policy_await_gone("/a");
	ck_assert_str_eq(memory, "still here");
	ck_assert_int_eq(PR_DetachSharedMemory(NULL, memory), PR_SUCCESS);
}
