/* SPDX-License-Identifier: MIT */
/* A map of one page, mapped, and perhaps exported. */
#include "tests/anon/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/anon/anon.h"

static struct shared make(PRFileMapProtect protection)
{
	struct shared shared = {.map = anon_open(SHARED_SIZE, protection), .fd = -1};

	shared.memory = anon_map(shared.map, SHARED_SIZE);
	return shared;
}

struct shared shared_make(char first)
{
	struct shared shared = make(PR_PROT_READWRITE);

	shared.memory[0] = first;
	return shared;
}

struct shared shared_export(PRFileMapProtect protection)
{
	struct shared shared = make(protection);

	ck_assert_int_eq(PR_ExportFileMapAsString(shared.map, sizeof(shared.string), shared.string),
		PR_SUCCESS);
	shared.fd = atoi(shared.string);
	return shared;
}

void shared_drop(struct shared *shared)
{
	ck_assert_int_eq(PR_MemUnmap(shared->memory, SHARED_SIZE), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseFileMap(shared->map), PR_SUCCESS);
}

void shared_change(
	const struct shared *shared, int fd, bool spoil_token, char out[PR_FILEMAP_STRING_BUFSIZE])
{
	char *digit;

	snprintf(out, PR_FILEMAP_STRING_BUFSIZE, "%d%s", fd, strchr(shared->string, ':'));
	digit = out + strlen(out) - 1;
	if (spoil_token)
		*digit = *digit == '0' ? '1' : '0';
}
