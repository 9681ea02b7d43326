/* SPDX-License-Identifier: MIT */
/*
 * The configuration: a file and the *.conf beside it in FILE.d, in the order of their names, after
 * the rules that are built in. prshmd.conf(5) is its manual. Whatever cannot be understood makes
 * the whole of it fail, with file, line and reason: closed, never open.
 */
#ifndef PRSHM_DAEMON_CONFIGURATION_H
#define PRSHM_DAEMON_CONFIGURATION_H

#include <stdio.h>

#include "daemon/core/policy.h"

/* The files that were read, in their order. */
struct config_files {
	char **paths; /* owned, as are the strings */
	size_t count;
};

/* The first thing that is wrong, as the log has it. */
struct config_trouble {
	char text[256]; /* one line; "": nothing is wrong */
};

/*
 * Whether a missing file is an error is the caller's choice; a missing FILE.d is none. True: *out
 * and *files are the caller's, unset host limits still to be derived. False: all that is wrong was
 * logged.
 */
bool config_load(const char *path, bool must_exist, struct policy *out, struct config_files *files,
	struct config_trouble *trouble);
/* Logs one thing that is wrong, and notes it if it is the first one. */
__attribute__((format(printf, 2, 3))) void config_tell(
	struct config_trouble *trouble, const char *format, ...);

/*
 * A good configuration for the next broker, as a text in memory. Users and groups are numbers in
 * it, and the ranges of subordinate uids stand in it: nothing else has to be read again. The first
 * returns the descriptor, which the caller owns, or -1. The second is as config_load.
 */
int config_keep(const struct policy *policy, const struct config_files *files, const char *path);
bool config_load_kept(int fd, struct policy *out, struct config_files *files);

bool config_files_add(struct config_files *files, const char *file); /* false: no memory */
void config_files_deinit(struct config_files *files);
/* "A, B", or "none, as ..." for that path; cut to the size of out, which is returned. */
const char *config_files_text(
	const struct config_files *files, const char *path, char *out, size_t size);

/* What was understood, in the same syntax; which files it comes from stands in comments. */
void config_print(
	const struct policy *policy, const struct config_files *files, const char *path, FILE *out);

/*
 * Where root asks: whether that user can read the files, FILE.d and all on the way to them. False:
 * what the user cannot read was told on standard error. A user who does not exist reads nothing
 * here.
 */
bool config_check_readable(const char *path, const struct config_files *files, const char *user);

#endif
