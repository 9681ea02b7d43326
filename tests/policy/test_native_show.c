/* SPDX-License-Identifier: MIT */
/* The calls of prshm-client.h that look at what there is: lists, holders, accounts, the broker. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/native-case.h"

/* What a list has told, as text. */
struct told {
	char text[4096];
	unsigned int count;
	unsigned int enough; /* after so many it ends; 0: never */
	uint64_t number;     /* of the last segment */
};

__attribute__((format(printf, 2, 3))) static bool tell(struct told *told, const char *format, ...)
{
	const size_t length = strlen(told->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told->text + length, sizeof(told->text) - length, format, arguments);
	va_end(arguments);
	return ++told->count != told->enough;
}

static bool tell_segment(void *context, const char *name, const struct prshm_segment *stat)
{
	struct told *told = context;
	static const char *const marks[] = {"", "(anonymous)", "(deleted)"};

	ck_assert_uint_eq(stat->size, PAGE);
	ck_assert_uint_gt(stat->number, told->number);
	told->number = stat->number;
	return tell(told, "%s%s ", name, marks[stat->flags]);
}

static void expect_list(const char *prefix, const char *wanted)
{
	struct told told = {0};

	expect(prshm_list(prefix, tell_segment, &told), PRSHM_OK);
	ck_assert_str_eq(told.text, wanted);
}

static PRFileMap *make_anonymous(void)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, PAGE, PR_PROT_READWRITE);

	ck_assert_ptr_nonnull(map);
	return map;
}

FIXTURE(POLICY_FIXTURE);

TEST(a_list_has_names_by_prefix_and_all_without_one)
{
	PRSharedMemory *handle;
	PRFileMap *map;
	struct told two = {.enough = 2};

	policy_begin("");
	expect_list("", "");
	end_handle(must_open("/b", CREATE(.rights.mode = 0600)));
	end_handle(must_open("/a/x", CREATE(.rights.mode = 0600)));
	handle = must_open("/ab", CREATE(.rights.mode = 0600));
	map = make_anonymous();
	expect_list("/", "/b /a/x /ab ");
	expect_list("/a", "/a/x /ab ");
	expect_list("/c", "");
	expect_list("", "/b /a/x /ab (anonymous) ");
	expect(prshm_delete("/ab"), PRSHM_OK);
	expect_list("/a", "/a/x ");
	expect_list("", "/b /a/x /ab(deleted) (anonymous) ");
	expect(prshm_list("", tell_segment, &two), PRSHM_OK);
	ck_assert_str_eq(two.text, "/b /a/x ");
	end_handle(handle);
	ck_assert_int_eq(PR_CloseFileMap(map), PR_SUCCESS);
	expect_list("", "/b /a/x ");
}

static void cannot_delete(void *name)
{
	expect(prshm_delete(name), PRSHM_NOT_OWNER);
}

TEST(who_may_delete_takes_the_name_away)
{
	policy_begin("");
	end_handle(must_open("/a", CREATE(.rights.mode = 0666)));
	user_as_uid(ALICE, cannot_delete, (void *)"/a");
	expect(prshm_delete("/a"), PRSHM_OK);
	expect(prshm_delete("/a"), PRSHM_NOT_FOUND);
	expect(prshm_delete(""), PRSHM_BAD_NAME);
	expect(prshm_delete(NULL), PRSHM_INVALID);
}

static bool tell_holder(void *context, const struct prshm_holder *holder)
{
	struct prshm_broker_status status;

	ck_assert_uint_ge(holder->since, UINT64_C(1600000000000000000));
	ck_assert_uint_gt(holder->connection, 0);
	expect(prshm_status(&status), PRSHM_OK); /* any call may be made */
	return tell(context, "%u:%s:%s ", (unsigned int)holder->uid,
		holder->pid == getpid() ? "self" : "other",
		holder->access & PRSHM_WRITE ? "rw" : "r");
}

static uint64_t number_of(const char *name)
{
	struct prshm_segment stat;

	expect(prshm_stat(name, &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.flags, 0);
	return stat.number;
}

static void open_it(void *name)
{
	must_open(name, (struct prshm_options){0});
}

static void cannot_see_holders(void *number)
{
	struct told told = {0};

	expect(prshm_holders(*(uint64_t *)number, tell_holder, &told), PRSHM_NOT_FOUND);
	ck_assert_uint_eq(told.count, 0);
}

TEST(holders_are_told_with_process_user_and_access)
{
	PRSharedMemory *handle;
	struct told told = {0};
	struct guest guest;
	uint64_t number;

	policy_begin("");
	handle = must_open("/a", CREATE(.rights.mode = 0604));
	number = number_of("/a");
	guest_enter(&guest, ALICE, open_it, (void *)"/a");
	expect(prshm_holders(number, tell_holder, &told), PRSHM_OK);
	ck_assert_str_eq(told.text, "0:self:rw 60010:other:r ");
	guest_kill(&guest);
	end_handle(handle);
	handle = must_open("/b", CREATE(.rights.mode = 0600));
	number = number_of("/b");
	user_as_uid(ALICE, cannot_see_holders, &number);
	end_handle(handle);
	expect(prshm_holders(number + 1, tell_holder, &told), PRSHM_NOT_FOUND);
	expect(prshm_holders(number, NULL, &told), PRSHM_INVALID);
}

static bool count_one(void *context, const struct prshm_holder *holder)
{
	unsigned int *count = context;

	ck_assert_uint_eq(holder->handle, *count);
	++*count;
	return true;
}

/* Pages of 127, so that some are full and the last one is not. */
TEST(five_hundred_holders_are_told_once_each)
{
	PRSharedMemory *handles[500];
	unsigned int count = 0;

	policy_begin("");
	for (size_t i = 0; i < 500; i++)
		handles[i] = must_open("/a", CREATE(.rights.mode = 0600));
	expect(prshm_holders(number_of("/a"), count_one, &count), PRSHM_OK);
	ck_assert_uint_eq(count, 500);
	for (size_t i = 0; i < 500; i++)
		end_handle(handles[i]);
}

static bool tell_account(void *context, const struct prshm_account *account)
{
	static const char *const kinds[] = {"?", "number", "share", "none"};
	const struct prshm_usage *segments = &account->usage[PRSHM_SEGMENTS];

	ck_assert_int_eq(account->usage[0].kind, 0);
	ck_assert_int_eq(account->usage[PRSHM_WATCHES + 1].kind, 0);
	return tell(context, "%u:%ju/%ju:%s ", (unsigned int)account->uid,
		(uintmax_t)segments->used, (uintmax_t)segments->limit, kinds[segments->kind]);
}

static void expect_accounts(uid_t uid, const char *wanted)
{
	struct told told = {0};

	expect(prshm_accounts(uid, tell_account, &told), PRSHM_OK);
	ck_assert_str_eq(told.text, wanted);
}

static void see_own_account(void *data)
{
	struct told told = {0};

	(void)data;
	expect_accounts(ALICE, "60010:1/7:number ");
	expect_accounts((uid_t)-1, "60010:1/7:number ");
	expect(prshm_accounts(BOB, tell_account, &told), PRSHM_DENIED);
	expect(prshm_accounts(0, tell_account, &told), PRSHM_DENIED);
	ck_assert_uint_eq(told.count, 0);
}

/* Of 80, an eighth of it set aside; Alice's 1 is hers, and Bob would be the next. */
static void see_all_accounts(void *data)
{
	(void)data;
	expect_accounts((uid_t)-1, "0:0/80:none 60010:1/7:number 60011:0/23:share ");
	expect_accounts(CAROL, "");
}

static void say_hello(void *data)
{
	struct prshm_broker_status status;

	(void)data;
	expect(prshm_status(&status), PRSHM_OK);
}

TEST(accounts_are_told_each_to_its_user_and_all_to_observers)
{
	struct guest alice;

	policy_begin("[limits]\nhost-segments = 80\n[limits user 60010]\nuser-segments = 7\n"
		     "[broker]\nobservers = 60011\n");
	say_hello(NULL);
	guest_enter(&alice, ALICE, create_it, (void *)"/a");
	user_as_uid(BOB, see_all_accounts, NULL);
	user_as_uid(ALICE, see_own_account, NULL);
	expect(prshm_accounts(0, NULL, NULL), PRSHM_INVALID);
	guest_kill(&alice);
}

static void observe(void *number)
{
	struct told told = {0};

	expect_list("", "/a ");
	expect(prshm_holders(*(uint64_t *)number, tell_holder, &told), PRSHM_OK);
	ck_assert_str_eq(told.text, "0:other:rw ");
	fail_to_open("/a", &(struct prshm_options){0}, PRSHM_DENIED);
	expect(prshm_delete("/a"), PRSHM_DENIED);
}

static void see_nothing(void *number)
{
	expect_list("", "");
	cannot_see_holders(number);
}

/* Whoever connects from now on is an observer, or is none. */
TEST(observers_are_a_group_of_the_configuration)
{
	PRSharedMemory *handle;
	uint64_t number;

	policy_begin("[broker]\nobservers = 60011\n");
	handle = must_open("/a", CREATE(.rights.mode = 0600));
	number = number_of("/a");
	user_as_uid(BOB, observe, &number);
	user_as_member(CAROL, BOB, observe, &number);
	user_as_uid(ALICE, see_nothing, &number);
	policy_reload("[broker]\nobservers = 60010\n", "configuration reloaded");
	user_as_uid(BOB, see_nothing, &number);
	user_as_uid(ALICE, observe, &number);
	policy_reload("", "configuration reloaded");
	user_as_uid(ALICE, see_nothing, &number);
	end_handle(handle);
}

TEST(status_tells_of_the_broker_and_counts)
{
	struct prshm_broker_status before;
	struct prshm_broker_status after;

	setenv("PRSHM_PARK", "0", 1); /* a handle that is parked has no close yet */
	policy_begin("");
	expect(prshm_status(&before), PRSHM_OK);
	ck_assert_uint_gt(strlen(before.version), 0);
	ck_assert_uint_gt(before.started, UINT64_C(1600000000000000000));
	ck_assert_uint_eq(before.segments, 0);
	ck_assert_uint_eq(before.users, 1);
	end_handle(must_open("/a", CREATE(.rights.mode = 0600)));
	expect(prshm_status(&after), PRSHM_OK);
	ck_assert_uint_eq(after.started, before.started);
	ck_assert_uint_eq(after.segments, 1);
	ck_assert_uint_eq(after.bytes, PAGE);
	ck_assert_uint_eq(after.handles, 0);
	ck_assert_uint_eq(after.opens, before.opens + 1);
	ck_assert_uint_eq(after.closes, before.closes + 1);
	ck_assert_uint_eq(after.creations, before.creations + 1);
	ck_assert_str_eq(prshm_op_name(1), "OPEN");
	ck_assert_uint_eq(after.requests[1], before.requests[1] + 1);
	ck_assert_ptr_null(prshm_op_name(0));
	ck_assert_ptr_null(prshm_op_name(PRSHM_OPS_MAX));
	expect(prshm_status(NULL), PRSHM_INVALID);
}

static void explain_for(uid_t uid, gid_t group, bool wanted, const char *begins)
{
	const struct prshm_user user = {.uid = uid, .gid = uid, .group_count = 1, .groups = &group};
	char text[200] = "";
	bool allowed = !wanted;

	expect(prshm_explain_for("/a", PRSHM_READ, &user, &allowed, text, sizeof(text)), PRSHM_OK);
	ck_assert_int_eq(allowed, wanted);
	ck_assert_msg(strncmp(text, begins, strlen(begins)) == 0, "%s", text);
}

static void is_denied(void *data)
{
	const struct prshm_user user = {.uid = ALICE, .gid = ALICE};

	(void)data;
	expect(prshm_explain_for("/a", PRSHM_READ, &user, NULL, NULL, 0), PRSHM_DENIED);
}

TEST(root_is_told_why_another_may_or_may_not)
{
	static const gid_t groups[PRSHM_GROUPS_MAX + 1] = {0};
	struct prshm_user user = {.uid = ALICE, .gid = ALICE, .groups = groups};
	char name[1024];

	policy_begin("");
	end_handle(must_open("/a", CREATE(.rights.mode = 0640)));
	explain_for(ALICE, 7, false, "read denied by rule 5");
	explain_for(ALICE, 0, true, "read allowed by rule 4");
	user_as_uid(ALICE, is_denied, NULL);
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 200 == 0 ? '/' : 'n';
	name[1023] = '\0'; /* with the longest name, too, all groups find room */
	user.group_count = PRSHM_GROUPS_MAX;
	expect(prshm_explain_for(name, PRSHM_MAKE, &user, NULL, NULL, 0), PRSHM_OK);
	user.group_count++;
	expect(prshm_explain_for("/a", PRSHM_READ, &user, NULL, NULL, 0), PRSHM_BAD_RIGHTS);
	user = (struct prshm_user){.uid = (uid_t)-1, .gid = 0};
	expect(prshm_explain_for("/a", PRSHM_READ, &user, NULL, NULL, 0), PRSHM_BAD_RIGHTS);
	user.group_count = 1;
	expect(prshm_explain_for("/a", PRSHM_READ, &user, NULL, NULL, 0), PRSHM_INVALID);
	expect(prshm_explain_for("/a", PRSHM_READ, NULL, NULL, NULL, 0), PRSHM_INVALID);
}
