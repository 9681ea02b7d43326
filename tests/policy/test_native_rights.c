/* SPDX-License-Identifier: MIT */
/* The calls of prshm-client.h between users: who may what, what it changes, how it is explained. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/native-case.h"

/* As BOB, where the segment is ALICE's and its mode 0600, then 0644. */
static void be_a_stranger(void *name)
{
	const struct prshm_rights rights = {.mode = 0666};
	struct prshm_segment stat;
	bool allowed = true;
	char text[256] = "as it was";

	fail_to_open(name, &(struct prshm_options){0}, PRSHM_DENIED);
	memset(&stat, 'x', sizeof(stat));
	expect(prshm_stat(name, &stat), PRSHM_NOT_FOUND);
	ck_assert_uint_eq(stat.holders, 0x78787878);
	expect(prshm_set_rights(name, &rights), PRSHM_DENIED);
	expect(prshm_set_owner(name, BOB, (gid_t)-1), PRSHM_DENIED);
	expect(prshm_explain("/none", PRSHM_READ, &allowed, text, sizeof(text)), PRSHM_NOT_FOUND);
	expect(prshm_explain(name, 3, &allowed, text, sizeof(text)), PRSHM_BAD_RIGHTS);
	ck_assert(allowed);
	ck_assert_str_eq(text, "as it was");
	expect(prshm_explain(name, PRSHM_READ, &allowed, text, sizeof(text)), PRSHM_OK);
	ck_assert(!allowed);
	ck_assert_ptr_nonnull(strstr(text, "rule 5"));
}

static void be_a_reader(void *name)
{
	PRSharedMemory *handle = must_open(name, (struct prshm_options){0});

	ck_assert_ptr_nonnull(PR_AttachSharedMemory(handle, PR_SHM_READONLY));
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, 0));
	ck_assert_int_eq(PR_DeleteSharedMemory(name), PR_FAILURE);
	ck_assert_int_eq(PR_GetError(), PR_NO_ACCESS_RIGHTS_ERROR);
}

static void open_up(void *name)
{
	const struct prshm_rights rights = {.mode = 0644};

	expect(prshm_set_owner(name, BOB, (gid_t)-1), PRSHM_NOT_OWNER);
	expect(prshm_set_owner(name, (uid_t)-1, 12345), PRSHM_NOT_OWNER);
	expect(prshm_set_owner(name, ALICE, ALICE), PRSHM_OK);
	expect(prshm_set_rights(name, &rights), PRSHM_OK);
}

static void be_the_new_owner(void *name)
{
	const struct prshm_rights none = {.mode = 0};

	expect(prshm_set_rights(name, &none), PRSHM_OK);
	fail_to_open(name, &(struct prshm_options){0}, PRSHM_DENIED);
	ck_assert_int_eq(PR_DeleteSharedMemory(name), PR_SUCCESS);
	expect(prshm_set_rights(name, &none), PRSHM_NOT_FOUND);
	expect(prshm_set_owner(name, BOB, BOB), PRSHM_NOT_FOUND);
}

FIXTURE(POLICY_FIXTURE);

TEST(strangers_readers_and_owners_may_what_they_may)
{
	policy_begin("");
	user_as_uid(ALICE, create_it, (void *)"/a");
	user_as_uid(BOB, be_a_stranger, (void *)"/a");
	user_as_uid(ALICE, open_up, (void *)"/a");
	user_as_uid(BOB, be_a_reader, (void *)"/a");
	expect(prshm_set_owner("/a", BOB, (gid_t)-1), PRSHM_OK);
	user_as_uid(BOB, be_the_new_owner, (void *)"/a");
}

/* What is open stays open, with the rights it was opened with. */
static void keep_writing(void *data)
{
	const struct prshm_rights readonly = {.mode = 0400};
	PRSharedMemory *handle = must_open("/w", CREATE(.rights.mode = 0600));
	char *memory;

	(void)data;
	expect(prshm_set_rights("/w", &readonly), PRSHM_OK);
	memory = PR_AttachSharedMemory(handle, 0);
	ck_assert_ptr_nonnull(memory);
	memory[0] = 'x';
	end_handle(handle);
	handle = must_open("/w", (struct prshm_options){0});
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, 0));
	ck_assert_str_eq(PR_AttachSharedMemory(handle, PR_SHM_READONLY), "x");
	memory[0] = 'y';
}

TEST(changed_rights_count_from_the_next_open_on)
{
	policy_begin("");
	user_as_uid(ALICE, keep_writing, NULL);
}

TEST(both_kinds_of_calls_share_handles)
{
	PRSharedMemory *native;
	PRSharedMemory *nspr;
	char *memory;

	policy_begin("");
	nspr = PR_OpenSharedMemory("/a", PAGE, PR_SHM_CREATE, 0600);
	ck_assert_ptr_nonnull(nspr);
	ck_assert_uint_eq(prshm_size(nspr), PAGE);
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, prshm_fd(nspr), 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	strcpy(memory, "by mmap");
	native = must_open("/a", (struct prshm_options){.flags = PRSHM_READONLY});
	ck_assert_str_eq(PR_AttachSharedMemory(native, PR_SHM_READONLY), "by mmap");
	ck_assert_int_eq(PR_DeleteSharedMemory("/a"), PR_SUCCESS);
	fail_to_open("/a", &(struct prshm_options){0}, PRSHM_NOT_FOUND);
	ck_assert_ptr_nonnull(PR_AttachSharedMemory(nspr, PR_SHM_READONLY));
	munmap(memory, PAGE);
	end_handle(nspr);
	end_handle(native);
}

static void have_nothing(void *data)
{
	PRSharedMemory *handle = must_open("/none", CREATE());

	(void)data;
	ck_assert_int_eq(prshm_fd(handle), -1);
	ck_assert_uint_eq(prshm_size(handle), PAGE);
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, PR_SHM_READONLY));
	ck_assert_int_eq(PR_GetError(), PR_NO_ACCESS_RIGHTS_ERROR);
	end_handle(handle);
}

TEST(a_creator_whom_the_mode_gives_nothing_has_a_handle_without_a_descriptor)
{
	policy_begin("");
	user_as_uid(ALICE, have_nothing, NULL);
}

static void ask(const char *name, unsigned int right, bool wanted, const char *said)
{
	char text[256];
	char short_text[8];
	bool allowed = !wanted;

	expect(prshm_explain(name, right, &allowed, text, sizeof(text)), PRSHM_OK);
	ck_assert_msg(allowed == wanted && strstr(text, said), "%s: %s", name, text);
	expect(prshm_explain(name, right, NULL, short_text, sizeof(short_text)), PRSHM_OK);
	ck_assert_uint_eq(strlen(short_text), sizeof(short_text) - 1);
	ck_assert_int_eq(strncmp(text, short_text, sizeof(short_text) - 1), 0);
	expect(prshm_explain(name, right, NULL, NULL, 0), PRSHM_OK);
}

static void ask_all(void *file)
{
	char place[256];

	snprintf(place, sizeof(place), "create denied by %s:2: [name /srv]", (char *)file);
	ask("/srv/a", PRSHM_MAKE, false, place);
	ask("/free", PRSHM_MAKE, true, "no rule is about this name");
	ask("/run/user/60010/x", PRSHM_MAKE, true, "built-in:1: [name /run/user/%u]");
	ask("/run/user/60011/x", PRSHM_MAKE, false, "built-in:1: [name /run/user/%u]");
	create_it((void *)"/one");
	ask("/two", PRSHM_MAKE, false, "a limit: 1 segment (user-segments)");
	ask("/one", PRSHM_WRITE, true, "rule 2");
	ask("/one", PRSHM_MANAGE, true, "(owner 60010, group 60010, mode 0600, 0 entries)");
}

TEST(explain_names_the_rule_the_line_or_the_limit)
{
	policy_begin("# a comment\n[name /srv]\ncreate-users =\n[limits]\nuser-segments = 1\n");
	user_as_uid(ALICE, ask_all, (void *)policy_file());
}
