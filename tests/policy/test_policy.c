/* SPDX-License-Identifier: MIT */
/* The name policy with a real broker and clients of several users, and its reload. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/policy-case.h"

#define STAFF     60500
#define STAFF_TXT "60500"
#define ALICE_TXT "60010"

static struct prshm_segment stat_of(const char *name)
{
	struct prshm_segment stat;
	enum prshm_result result = prshm_stat(name, &stat);

	ck_assert_msg(result == PRSHM_OK, "%s: %s", name, prshm_strerror(result));
	return stat;
}

static void expect_owner(const char *name, uid_t uid)
{
	ck_assert_uint_eq(stat_of(name).uid, uid);
}

FIXTURE(POLICY_FIXTURE);

TEST(without_a_configuration_anyone_creates_but_in_another_users_place)
{
	policy_begin("");
	user_as_uid(ALICE, create_it, (void *)"/anything/a");
	user_as_uid(ALICE, create_it, (void *)"/run/user/60010/a");
	user_as_uid(ALICE, create_it, (void *)"/home/60010/a");
	user_as_uid(ALICE, create_it, (void *)"/run/user");
	user_as_uid(ALICE, create_it, (void *)"/home");
	user_as_uid(ALICE, refuse_it, (void *)"/run/user/60011/a");
	user_as_uid(ALICE, refuse_it, (void *)"/run/user/600100/a");
	user_as_uid(ALICE, refuse_it, (void *)"/run/user/6001/a");
	user_as_uid(ALICE, refuse_it, (void *)"/home/root/a");
	user_as_uid(BOB, refuse_it, (void *)"/run/user/60010/b");
	user_as_uid(0, create_it, (void *)"/run/user/60010/root");
}

/* Users that every system has. */
TEST(a_stand_in_is_the_users_name_too)
{
	policy_begin("");
	user_as_uid(1, create_it, (void *)"/home/daemon/a");
	user_as_uid(1, create_it, (void *)"/home/1/a");
	user_as_uid(1, refuse_it, (void *)"/home/bin/a");
	user_as_uid(2, refuse_it, (void *)"/home/daemon/a2");
	user_as_uid(2, create_it, (void *)"/home/bin/a");
	user_as_uid(1, create_it, (void *)"/home/daemon/b");
}

TEST(users_and_members_that_a_rule_names_create_there)
{
	policy_begin("[name /srv]\ncreate-users = " ALICE_TXT "\ncreate-groups = " STAFF_TXT "\n"
		     "[name /srv/none]\ncreate-users =\n");
	user_as_uid(ALICE, create_it, (void *)"/srv/a");
	user_as_uid(BOB, refuse_it, (void *)"/srv/b");
	user_as_member(BOB, STAFF, create_it, (void *)"/srv/b");
	user_as_member(BOB, STAFF, create_it, (void *)"/srvx/b");
	user_as_uid(ALICE, refuse_it, (void *)"/srv/none");
	user_as_member(ALICE, STAFF, refuse_it, (void *)"/srv/none/a");
	user_as_uid(0, create_it, (void *)"/srv/none/root");
}

/* Who may not create may still open what is there. */
static void open_existing(void *name)
{
	PRSharedMemory *handle;

	ck_assert_int_eq(policy_create(name, 0600, &handle), PRSHM_OK);
	ck_assert_int_eq(PR_CloseSharedMemory(handle), PR_SUCCESS);
	ck_assert_ptr_null(PR_OpenSharedMemory("/srv/new", 1, PR_SHM_CREATE, 0600));
	ck_assert_int_eq(PR_GetError(), PR_NO_ACCESS_RIGHTS_ERROR);
}

static void create_for_all(void *name)
{
	PRSharedMemory *handle;

	ck_assert_int_eq(policy_create(name, 0666, &handle), PRSHM_OK);
}

TEST(who_may_not_create_may_open_what_is_there)
{
	policy_begin("[name /srv]\ncreate-users = " ALICE_TXT "\n");
	user_as_uid(ALICE, create_for_all, (void *)"/srv/a");
	user_as_uid(BOB, open_existing, (void *)"/srv/a");
}

static void widen(void *name)
{
	const struct prshm_rights rights = {.mode = 0666};

	ck_assert_int_eq(prshm_set_rights(name, &rights), PRSHM_OK);
}

TEST(max_mode_holds_for_creating_and_for_changing)
{
	policy_begin("[name /srv]\nmax-mode = 0640\n");
	user_as_uid(ALICE, create_for_all, (void *)"/srv/a");
	ck_assert_uint_eq(stat_of("/srv/a").rights.mode, 0640);
	user_as_uid(ALICE, widen, (void *)"/srv/a");
	ck_assert_uint_eq(stat_of("/srv/a").rights.mode, 0640);
	widen((void *)"/srv/a");
	ck_assert_uint_eq(stat_of("/srv/a").rights.mode, 0666);
}

static void write_it(void *name)
{
	PRSharedMemory *handle = PR_OpenSharedMemory(name, 0, 0, 0);
	char *memory;

	ck_assert_ptr_nonnull(handle);
	memory = PR_AttachSharedMemory(handle, 0);
	ck_assert_ptr_nonnull(memory);
	memory[0] = 'x';
}

static void be_denied(void *name)
{
	ck_assert_ptr_null(PR_OpenSharedMemory(name, 0, 0, 0));
	ck_assert_int_eq(PR_GetError(), PR_NO_ACCESS_RIGHTS_ERROR);
}

TEST(a_rule_forces_owner_and_group_and_adds_rights)
{
	struct prshm_segment stat;

	policy_begin("[name /srv]\nowner = 60011\ngroup = " STAFF_TXT "\nmax-mode = 0600\n"
		     "rights = user:60012:rw group:60013:r\nlifetime = kept\nlinger = 1h\n");
	user_as_uid(ALICE, create_for_all, (void *)"/srv/a");
	stat = stat_of("/srv/a");
	ck_assert_uint_eq(stat.uid, BOB);
	ck_assert_uint_eq(stat.gid, STAFF);
	ck_assert_uint_eq(stat.rights.mode, 0600);
	ck_assert_uint_eq(stat.rights.entry_count, 2);
	ck_assert_int_eq(stat.lifetime, PRSHM_KEPT);
	ck_assert_uint_eq(stat.linger, 3600);
	user_as_uid(BOB, write_it, (void *)"/srv/a");
	user_as_uid(CAROL, write_it, (void *)"/srv/a");
	user_as_uid(ALICE, be_denied, (void *)"/srv/a");
}

/* As in a setuid program of BOB's that ALICE runs. */
static void be_setuid(void *name)
{
	ck_assert_int_eq(setresuid(ALICE, BOB, BOB), 0);
	refuse_it((void *)"/run/user/60010/a");
	create_it(name);
}

TEST(in_a_setuid_program_the_effective_user_counts)
{
	policy_begin("");
	user_as_uid(0, be_setuid, (void *)"/run/user/60011/a");
	expect_owner("/run/user/60011/a", BOB);
}

/* The library has a connection from before, as root; it must not be asked as root any more. */
static void drop_privileges(void *name)
{
	ck_assert(!policy_exists("/nothing"));
	ck_assert_int_eq(setresuid(ALICE, ALICE, ALICE), 0);
	refuse_it((void *)"/home/root/a");
	create_it(name);
}

TEST(who_drops_privileges_has_none_of_them_left)
{
	policy_begin("");
	user_as_uid(0, drop_privileges, (void *)"/run/user/" ALICE_TXT "/a");
	expect_owner("/run/user/" ALICE_TXT "/a", ALICE);
}

/* Where all numbers are mapped, the number that stands for unmapped ones elsewhere is a user's. */
TEST(nobody_is_a_user_where_all_users_have_a_number)
{
	policy_begin("");
	user_as_uid(65534, create_it, (void *)"/run/user/65534/a");
	expect_owner("/run/user/65534/a", 65534);
}

TEST(a_reload_counts_for_new_segments_and_leaves_the_old)
{
	policy_begin("");
	user_as_uid(ALICE, create_for_all, (void *)"/srv/a");
	policy_reload("[name /srv]\ncreate-users =\nmax-mode = 0600\n", "configuration reloaded");
	user_as_uid(ALICE, refuse_it, (void *)"/srv/b");
	user_as_uid(BOB, write_it, (void *)"/srv/a");
	ck_assert_uint_eq(stat_of("/srv/a").rights.mode, 0666);
}

/* The user does not send the signal: only the broker's own and root may. */
static void reload_as_root(const char *configuration, const char *said)
{
	ck_assert_int_eq(seteuid(0), 0);
	policy_reload(configuration, said);
	ck_assert_int_eq(seteuid(ALICE), 0);
}

static void be_limited(void *name)
{
	PRSharedMemory *handle;

	ck_assert_int_eq(setresuid(ALICE, ALICE, 0), 0);
	ck_assert_int_eq(policy_create("/one", 0600, &handle), PRSHM_OK);
	reload_as_root("[limits user " ALICE_TXT "]\nuser-segments = 1\n", name);
	ck_assert_int_eq(policy_create("/two", 0600, &handle), PRSHM_NO_RESOURCES);
	reload_as_root("[limits]\nuser-segments = 2\n", name);
	ck_assert_int_eq(policy_create("/two", 0600, &handle), PRSHM_OK);
	ck_assert_int_eq(policy_create("/three", 0600, &handle), PRSHM_NO_RESOURCES);
}

TEST(a_reloads_limits_count_for_who_is_connected)
{
	policy_begin("");
	user_as_uid(0, be_limited, (void *)"configuration reloaded");
}

TEST(a_broken_file_changes_nothing_and_is_told)
{
	char wanted[256];

	policy_begin("[name /srv]\ncreate-users =\n");
	policy_reload("[name /srv]\n\ncreate-users = no-such-user\n",
		"the configuration stays as it was");
	snprintf(wanted, sizeof(wanted), "%s:3: no such user", policy_file());
	ck_assert_uint_eq(policy_count_said(wanted), 1);
	user_as_uid(ALICE, refuse_it, (void *)"/srv/a");
	user_as_uid(ALICE, create_it, (void *)"/b");
	policy_reload("", "configuration reloaded");
	user_as_uid(ALICE, create_it, (void *)"/srv/a");
}

TEST(a_file_that_has_gone_changes_nothing_and_is_told)
{
	policy_begin("[name /srv]\ncreate-users =\n");
	policy_reload(NULL, "the configuration stays as it was");
	user_as_uid(ALICE, refuse_it, (void *)"/srv/a");
}
