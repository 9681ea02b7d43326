/* SPDX-License-Identifier: MIT */
/*
 * Who could tell a parked handle from a closed one: a table. Three processes have handles of a
 * segment: one that is parked, one that is open, and both. Then something changes. Each process
 * closes what is open, and opens the name again. That gives what it gives without parking: each
 * line of the table is run with parking and without.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/park-opener.h"
#include "tests/policy/policy-case.h"
#include "tests/watch/watch-case.h"

#define DYNAMIC 61200 /* a dynamic user */

static void make(size_t size, char contents)
{
	PRSharedMemory *shm = opener_open(size, PR_SHM_CREATE);
	char *bytes = opener_attach(shm);

	*bytes = contents;
	ck_assert_int_eq(PR_DetachSharedMemory(shm, bytes), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

/* The lines of the table: what there is before, and what changes. */

static struct prshm_watcher *watcher;
static struct guest guest;

static void make_plain(void)
{
	make(BYTES, 1);
}

static void make_for_group(void)
{
	const struct prshm_rights rights = {.mode = 0060};

	make(BYTES, 1);
	ck_assert_int_eq(prshm_set_rights(NAME, &rights), PRSHM_OK);
	ck_assert_int_eq(prshm_set_owner(NAME, (uid_t)-1, ALICE), PRSHM_OK);
}

static void make_for_alice(void)
{
	const struct prshm_rights rights = {.mode = 0600};

	make(BYTES, 1);
	ck_assert_int_eq(prshm_set_rights(NAME, &rights), PRSHM_OK);
	ck_assert_int_eq(prshm_set_owner(NAME, ALICE, ALICE), PRSHM_OK);
}

static void make_and_stay(void *unused)
{
	(void)unused;
	make(BYTES, 1);
}

static void make_as_dynamic_user(void)
{
	guest_enter(&guest, DYNAMIC, make_and_stay, NULL);
}

static void change_nothing(void)
{
}

static void delete_it(void)
{
	ck_assert_int_eq(PR_DeleteSharedMemory(NAME), PR_SUCCESS);
}

static void make_anew(void)
{
	delete_it();
	make(BYTES, 2);
}

static void make_anew_smaller(void)
{
	delete_it();
	make(1, 2);
}

static void set_mode(mode_t mode)
{
	const struct prshm_rights rights = {.mode = mode};

	ck_assert_int_eq(prshm_set_rights(NAME, &rights), PRSHM_OK);
}

static void allow_nothing(void)
{
	set_mode(0);
}

static void allow_reading(void)
{
	set_mode(0444);
}

static void forbid_and_allow(void)
{
	set_mode(0);
	set_mode(0666);
}

static void forbid_to_one_user(void)
{
	const struct prshm_rights rights = {
		.mode = 0666,
		.entry_count = 1,
		.entries = {{.kind = PRSHM_USER, .id = ALICE, .rights = 0}},
	};

	ck_assert_int_eq(prshm_set_rights(NAME, &rights), PRSHM_OK);
}

static void give_to_root(void)
{
	ck_assert_int_eq(prshm_set_owner(NAME, 0, (gid_t)-1), PRSHM_OK);
}

static void give_to_another_group(void)
{
	ck_assert_int_eq(prshm_set_owner(NAME, (uid_t)-1, 0), PRSHM_OK);
}

static void set_policy(void)
{
	policy_reload(
		"[name /park]\nmax-mode = 0600\ncreate-users = 0\n", "configuration reloaded");
}

static void end_dynamic_user(void)
{
	guest_leave(&guest);
	policy_await_gone(NAME);
}

static void watch(void)
{
	watcher = watch_begin("/park", PRSHM_EVENT_OPENED | PRSHM_EVENT_CLOSED, 0);
}

static void lose_broker(void)
{
	broker_process_kill(&policy_broker, SIGKILL);
	broker_process_restart(&policy_broker, NULL);
}

static const struct row {
	const char *change_of;
	void (*begin)(void);
	void (*change)(void);
	struct opener_outcome next;
} ROWS[] = {
	{"nothing", make_plain, change_nothing, {0, 1, 1}},
	{"delete", make_plain, delete_it, {PR_FILE_NOT_FOUND_ERROR, 0, 0}},
	{"delete and create", make_plain, make_anew, {0, 2, 1}},
	{"delete and create smaller", make_plain, make_anew_smaller,
		{PR_INVALID_ARGUMENT_ERROR, 0, 0}},
	{"all rights", make_plain, allow_nothing, {PR_NO_ACCESS_RIGHTS_ERROR, 0, 0}},
	{"the right to write", make_plain, allow_reading, {0, 1, 0}},
	{"the rights of one user", make_plain, forbid_to_one_user,
		{PR_NO_ACCESS_RIGHTS_ERROR, 0, 0}},
	{"rights, and back", make_plain, forbid_and_allow, {0, 1, 1}},
	{"owner", make_for_alice, give_to_root, {PR_NO_ACCESS_RIGHTS_ERROR, 0, 0}},
	{"group", make_for_group, give_to_another_group, {PR_NO_ACCESS_RIGHTS_ERROR, 0, 0}},
	{"policy", make_plain, set_policy, {0, 1, 1}},
	{"expiry", make_as_dynamic_user, end_dynamic_user, {PR_FILE_NOT_FOUND_ERROR, 0, 0}},
	{"a watcher", make_plain, watch, {0, 1, 1}},
	{"a broker that has lost all", make_plain, lose_broker, {PR_FILE_NOT_FOUND_ERROR, 0, 0}},
};

#define COUNT (sizeof(ROWS) / sizeof(*ROWS))

static void expect_holders(uint32_t count)
{
	struct prshm_broker_status status;
	struct prshm_segment segment;

	ck_assert_int_eq(prshm_stat(NAME, &segment), PRSHM_OK);
	ck_assert_uint_eq(segment.holders, count);
	ck_assert_int_eq(prshm_status(&status), PRSHM_OK);
	ck_assert_uint_eq(status.handles, count);
}

static void expect_events(bool was_open)
{
	if (was_open)
		watch_expect(watcher, PRSHM_EVENT_CLOSED, NAME, NULL);
	watch_expect(watcher, PRSHM_EVENT_OPENED, NAME, NULL);
	watch_expect(watcher, PRSHM_EVENT_CLOSED, NAME, NULL);
}

static void expect_outcome(const struct row *row, unsigned int state, int socket)
{
	const struct opener_outcome *expected = &row->next;
	const struct opener_outcome next = opener_go_on(socket);

	ck_assert_msg(next.error == expected->error && next.contents == expected->contents &&
			      next.writes == expected->writes,
		"after a change of %s, state %u: error %d, contents %d, may%s write",
		row->change_of, state, (int)next.error, next.contents, next.writes ? "" : " not");
	if (watcher)
		expect_events(state & OPEN);
}

FIXTURE(POLICY_FIXTURE);

TEST_LOOP(to_open_again_gives_what_it_gives_without_parking, COUNT * 2)
{
	const struct row *row = &ROWS[_i / 2];
	pid_t openers[STATES];
	int sockets[STATES];

	setenv("PRSHM_PARK", _i % 2 ? "0" : "1", 1);
	policy_begin("[broker]\ndynamic-linger = 0\n");
	row->begin();
	for (unsigned int i = 0; i < STATES; i++)
		openers[i] = opener_start(i + 1, &sockets[i]);
	expect_holders(2); /* those that are open, and no others */
	row->change();
	for (unsigned int i = 0; i < STATES; i++)
		expect_outcome(row, i + 1, sockets[i]);
	if (row->next.error == 0)
		expect_holders(0);
	prshm_watch_free(watcher);
	for (unsigned int i = 0; i < STATES; i++) {
		close(sockets[i]);
		process_join(openers[i]);
	}
}

static void keep_four(void *unused)
{
	PRSharedMemory *handles[4];
	char name[] = "/park/0";

	(void)unused;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 4; i++) {
			name[6] = (char)('0' + 4 * round + i);
			handles[i] = PR_OpenSharedMemory(name, BYTES, PR_SHM_CREATE, 0666);
			ck_assert_ptr_nonnull(handles[i]);
			opener_use(handles[i]);
		}
		ck_assert_ptr_null(PR_OpenSharedMemory("/park/0", 0, 0, 0));
		ck_assert_int_eq(PR_GetError(), PR_INSUFFICIENT_RESOURCES_ERROR);
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(PR_CloseSharedMemory(handles[i]), PR_SUCCESS);
	}
}

TEST_LOOP(what_is_parked_does_not_count_for_a_limit, 2)
{
	setenv("PRSHM_PARK", _i ? "0" : "1", 1);
	policy_begin("[limits]\nuser-handles = 4\n");
	user_as_uid(ALICE, keep_four, NULL);
}

static void leave_one(enum prshm_lifetime lifetime, uint32_t linger)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE,
		.size = BYTES,
		.rights.mode = 0600,
		.lifetime = lifetime,
		.linger = linger,
	};
	PRSharedMemory *shm;

	ck_assert_int_eq(prshm_open(NAME, &options, &shm), PRSHM_OK);
	opener_use(shm);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	policy_await_gone(NAME);
}

TEST_LOOP(what_goes_with_its_last_holder_goes_at_once, 2)
{
	setenv("PRSHM_PARK", _i ? "0" : "1", 1);
	policy_begin("");
	leave_one(PRSHM_UNTIL_UNUSED, 0);
	leave_one(PRSHM_KEPT, 1);
}
