/* SPDX-License-Identifier: MIT */
/* Other users than root, as whom children of a test act. It needs root to be them. */
#ifndef PRSHM_TESTS_LIB_USER_H
#define PRSHM_TESTS_LIB_USER_H

#include <stddef.h>
#include <sys/types.h>

/* All of them, whose gid is the same number. Nobody else on a system has these. */
#define BROKER_UID 60003 /* the broker's, where the tests run as root */
#define ALICE      60010
#define BOB        60011
#define CAROL      60012

struct person {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary; NULL: none */
	size_t group_count;
};

/* In a child. It may still reopen what is in its /proc/self/fd, as far as modes allow. */
void user_become(const struct person *who);
void user_become_uid(uid_t uid); /* with the group of that number, and no others */

/* Runs act in a child that is this person. The test fails if act does not return. */
void user_as(const struct person *who, void (*act)(void *data), void *data);
void user_as_uid(uid_t uid, void (*act)(void *data), void *data);
void user_as_member(uid_t uid, gid_t group, void (*act)(void *data), void *data);

#endif
