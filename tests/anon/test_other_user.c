/* SPDX-License-Identifier: MIT */
/* A string in the hands of another user. */
#include <stdio.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/anon/shared.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"

/* What becomes of a child that imports as another user, with or without the descriptor. */
static int import_as_other_user(const struct shared *shared, bool inherit)
{
	pid_t pid = fork();

	if (pid == 0) {
		user_become_uid(ALICE);
		if (!inherit)
			close(shared->fd);
		_exit(PR_ImportFileMapFromString(shared->string) ? 0 : ANON_FAILED(PR_GetError()));
	}
	return process_wait(pid);
}

FIXTURE(ANON_FIXTURE, .unless = without_root);

TEST(the_token_is_worth_nothing_to_another_user)
{
	struct shared shared = shared_export(PR_PROT_READWRITE);

	ck_assert_int_eq(
		import_as_other_user(&shared, false), ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	shared_drop(&shared);
}

TEST(who_was_given_the_descriptor_may_be_another_user)
{
	struct shared shared = shared_export(PR_PROT_READWRITE);

	ck_assert_int_eq(import_as_other_user(&shared, true), 0);
	shared_drop(&shared);
}
