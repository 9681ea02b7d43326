/* SPDX-License-Identifier: MIT */
/* A map of one page, mapped, and perhaps exported: what most tests here begin with. */
#ifndef PRSHM_TESTS_SHARED_H
#define PRSHM_TESTS_SHARED_H

#include <stdbool.h>

#include "nspr.h"

#define SHARED_SIZE 4096

struct shared {
	PRFileMap *map;
	char *memory;
	char string[PR_FILEMAP_STRING_BUFSIZE];
	int fd; /* the number in string */
};

/* Memory to read and write that begins with a byte. */
struct shared shared_make(char first);
/* Memory with its string. */
struct shared shared_export(PRFileMapProtect protection);
/* Unmaps and closes. */
void shared_drop(struct shared *shared);

/* The string with another number and, if that is wanted, with a token that nobody ever had. */
void shared_change(
	const struct shared *shared, int fd, bool spoil_token, char out[PR_FILEMAP_STRING_BUFSIZE]);

#endif
