/* SPDX-License-Identifier: MIT */
/*
 * The users that the broker remembers, with a getpwuid(3) of the test's own that counts how often
 * it is asked.
 */
#include <pwd.h>
#include <stdio.h>

#include "daemon/user-names.h"
#include "tests/lib/testing.h"

#define NAMELESS 4711

static unsigned int asked;

struct passwd *getpwuid(uid_t uid)
{
	static char name[32];
	static struct passwd user = {.pw_name = name};

	asked++;
	snprintf(name, sizeof(name), "user%u", (unsigned int)uid);
	return uid == NAMELESS ? NULL : &user;
}

FIXTURE(NULL, user_names_forget);

TEST(users_who_ask_in_turn_are_looked_up_once_each)
{
	for (int i = 0; i < 100; i++) {
		ck_assert_str_eq(user_names_find(1000), "user1000");
		ck_assert_str_eq(user_names_find(1001), "user1001");
		ck_assert_ptr_null(user_names_find(NAMELESS));
	}
	ck_assert_uint_eq(asked, 3);
}

TEST(what_is_forgotten_is_looked_up_again)
{
	user_names_find(1000);
	user_names_forget();
	ck_assert_str_eq(user_names_find(1000), "user1000");
	ck_assert_uint_eq(asked, 2);
}

TEST(with_too_many_users_the_oldest_is_forgotten)
{
	for (uid_t uid = 10000; uid <= 10000 + USER_NAMES_MAX; uid++)
		user_names_find(uid);
	asked = 0;
	ck_assert_str_eq(user_names_find(10001), "user10001");
	ck_assert_uint_eq(asked, 0);
	ck_assert_str_eq(user_names_find(10000), "user10000");
	ck_assert_uint_eq(asked, 1);
}
