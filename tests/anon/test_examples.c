/* SPDX-License-Identifier: MIT */
/* The programs in examples/ do what they show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/anon/anon.h"
#include "tests/lib/testing.h"

static const char *const protocols[] = {"inherit", "string"};

FIXTURE(ANON_FIXTURE);

TEST_LOOP(parent_and_child_exchange_question_and_answer, PR_ARRAY_SIZE(protocols))
{
	const char *directory = getenv("top_builddir");
	const char *protocol = protocols[_i];
	char command[16384];
	char output[256] = "";
	FILE *program;

	directory = directory ? directory : ".";
	snprintf(command, sizeof(command),
		"'%s/examples/anon-%s-parent' '%s/examples/anon-%s-child'", directory, protocol,
		directory, protocol);
	program = popen(command, "re");
	ck_assert_ptr_nonnull(program);
	ck_assert_uint_gt(fread(output, 1, sizeof(output) - 1, program), 0);
	ck_assert_int_eq(pclose(program), 0);
	ck_assert_str_eq(output, "the parent wrote: a question\nthe child wrote: an answer\n");
}
