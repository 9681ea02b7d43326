/* SPDX-License-Identifier: MIT */
/*
 * A client: a process of its own that does one library call after the other, as it is told, and
 * says what came of it. An act is one of acts.h, or any function: both processes are the same
 * program. Alice and Bob begin when they are first told something, and end with the test.
 *
 *	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), PRSHM_OK);
 */
#ifndef PRSHM_TESTS_RESTART_ACTOR_H
#define PRSHM_TESTS_RESTART_ACTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/lib/user.h"

#define ACT_TEXT_MAX 256

typedef long (*act_function)(const char *text);

struct actor {
	uid_t uid;
	pid_t pid; /* 0: has not begun, or has ended */
	int link;
};
extern struct actor alice;
extern struct actor bob;
void actors_end(void); /* those that have not ended */

/* As that user, with the group of that number and one more, unless that is 0; only where we are
 * root. */
void actor_begin(struct actor *actor, uid_t uid, gid_t group);
/* text: what the act makes of it. Its result. */
long actor_do(struct actor *actor, act_function act, const char *text);
/* The two halves of it: the actor has been told; it has done. */
void actor_tell(struct actor *actor, act_function act, const char *text);
long actor_await(struct actor *actor);
bool actor_is_done(const struct actor *actor);
/* It was told, and now waits for a message of the broker's. */
void actor_await_asking(const struct actor *actor);
/* Its process ends: by itself, or killed. */
void actor_end(struct actor *actor);
void actor_kill(struct actor *actor);

#endif
