/* SPDX-License-Identifier: MIT */
/* The first protocol's variable of the environment, written by somebody else. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/anon/anon.h"
#include "tests/anon/shared.h"
#include "tests/lib/testing.h"

/*
 * Values of PRSHM_INHERITED that no parent of ours writes. s stands for a string of a map that is
 * really inherited: "6e:s" is what would give it the name n.
 */
static const struct {
	const char *form;
	bool works;
} values[] = {
	{"6e:s", true},
	{"6d:s,6e:s", true},
	{"6e:s,6e:s", true},
	{"6d:1:1:1:00000000000000000000000000000000,6e:s", true},
	{"6e:1:1:1:00000000000000000000000000000000", false},
	{"6e:999:1:1:00000000000000000000000000000000", false},
	{"", false},
	{",", false},
	{":", false},
	{"6e", false},
	{"6e:", false},
	{"6e:s,", false},
	{",6e:s", false},
	{"6e:s,,6e:s", false},
	{"6e:s,x", false},
	{"6e:s:", false},
	{"6e:s ", false},
	{"6e:ss", false},
	{"6e::s", false},
	{"6e:1", false},
	{"n:s", false},
	{"6:s", false},
	{"6E:s", false},
	{":s", false},
	{"00:s", false},
	{"6e00:s", false},
	{"s", false},
};

FIXTURE(ANON_FIXTURE);

TEST_LOOP(a_hostile_environment_gives_nothing_away, PR_ARRAY_SIZE(values))
{
	const char *const arguments[] = {anon_program("actor"), "get", "n", "p", "c", NULL};
	struct shared shared = shared_export(PR_PROT_READWRITE);
	char *value = NULL;
	size_t size;
	FILE *out = open_memstream(&value, &size);

	shared.memory[0] = 'p';
	for (const char *at = values[_i].form; *at; at++)
		*at == 's' ? fputs(shared.string, out) : fputc(*at, out);
	fclose(out);
	setenv("PRSHM_INHERITED", value, 1);
	ck_assert_int_eq(
		anon_run(arguments), values[_i].works ? 0 : ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	ck_assert_int_eq(shared.memory[0], values[_i].works ? 'c' : 'p');
	free(value);
	shared_drop(&shared);
}
